"""A small project with the plugins under test, run plain, with `-n0` and with `-n2`."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODES = {"plain": ("-p", "no:xdist"), "n0": ("-n0",), "n2": ("-n2",)}

CONFTEST = """
pytest_plugins = ["fixtures.options", "fixtures.judge", "fixtures.registered", "reports.plugin", "reports.survival"]
"""

HEAD = """
import pytest
from iclgd_core.errors import NotRunError, SettingsError
from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.outcome import Outcome

PAPER = Source("Shen", "2310.08540")

def found(p_supported=0.001, p_refuted=0.999, **more):
    return Outcome("gap", "gap > 0", 0.25, (0.125, 0.375), 0.0, 20,
                   p_supported=p_supported, p_refuted=p_refuted, **more)

def stated(id, **more):
    return claim(id, PAPER.at("section 4"), "a gap [bold] exists", "no gap", **more)
"""


class Project:
    """A nested project: claim files in, runs and their reports out."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.ini("")
        pytester.makeconftest(CONFTEST)

    def ini(self, text: str) -> None:
        """Write the ini file, with more lines at its end."""
        quiet = "-p no:cacheprovider -p no:hypothesispytest -p no:anyio"
        common = f"pythonpath = {ROOT}\naddopts = --import-mode=importlib {quiet}\niclgd_device = cpu\n"
        (self.path / "tox.ini").write_text(f"[pytest]\n{common}{text}", encoding="utf-8")

    def claim(self, body: str, name: str = "test_claims.py", folder: str = "claims") -> None:
        """Write a claim file."""
        path = self.path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + body, encoding="utf-8")

    def register(self, *entries: dict[str, Any], own: tuple[str, ...] = ()) -> None:
        """Register verdicts, and list names of models and tasks that only the tests have."""
        blank = {"model": "", "task": "", "params": {}, "tier": "quick", "why": "as found before"}
        folder = self.path / "claims" / "expected"
        folder.mkdir(parents=True, exist_ok=True)
        content = {"schema": "iclgd-expected/1", "own": [*own], "entries": [blank | entry for entry in entries]}
        (folder / "all.json").write_text(json.dumps(content), encoding="utf-8")

    def run(self, *arguments: str, mode: str = "plain") -> pytest.RunResult:
        """Run pytest in one of MODES."""
        return self.pytester.runpytest(*MODES[mode], *arguments)

    @property
    def report(self) -> Path:
        """Where the report is by default."""
        return self.path / ".iclgd" / "report" / "claims.json"

    def report_folder(self) -> Path:
        """The default directory of the report, made."""
        self.report.parent.mkdir(parents=True, exist_ok=True)
        return self.report.parent

    def document(self) -> dict[str, Any]:
        """The report of the last run."""
        content: dict[str, Any] = json.loads(self.report.read_text(encoding="utf-8"))
        return content

    def verdicts(self) -> dict[str, str]:
        """Verdict by claim and parameter values of the last run."""
        return {".".join([row["id"], *row["params"].values()]): row["verdict"] for row in self.document()["claims"]}


def no_traceback(result: pytest.RunResult) -> None:
    """Fail if the output shows a traceback or an internal error."""
    text = "\n".join([*result.outlines, *result.errlines])
    assert "Traceback" not in text, text
    assert "INTERNALERROR" not in text, text
