"""`iclgd calibrate`: what it prints, writes and returns, on the designs of claims and of a saved report."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fixtures.commands import calibrate
from iclgd_core.calibration.check import Check, CheckStatus, Sense
from iclgd_core.calibration.saved_report import designs_of_report
from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.calibration.tables import document, failures, summary, tables
from iclgd_core.errors import SettingsError, StorageError
from iclgd_core.lab.tiers import TIERS
from iclgd_core.safety.command import run_commands

OWN = """
import pytest
from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.design import Design

MINE = Source("Mine", "0000.00000").at("page 1")

@claim("Z2", MINE, "a statement", "its contrary", designs=[Design("greater", 0.25, None, "size_episodes")])
@pytest.mark.parametrize("what", ["one", "other"])
def test_a_thing(lab, judge, what): ...

@claim("Z1", MINE, "another", "its contrary", designs=[Design("equivalent", 0.5, 0.5, "episodes", 0.2, "here", " all")])
def test_another(regression, judge): ...
"""
QUICK = TIERS["quick"]
HOSTILE = "E1[bold]\x1b[31m\u202e<script>"


def row(id: str = "E1", sd: float | None = 0.05, **protocol: object) -> dict[str, Any]:
    fixed: dict[str, object] = {
        "kind": "greater", "margin": 0.0, "minimum_effect": 0.1, "members": 1, "units": 12, "family_size": 2,
    }  # fmt: skip
    return {"id": id, "sd": sd, "has_outcome": True, "protocol": {**fixed, **protocol}}


def saved(directory: Path, *rows: dict[str, Any], schema: str = "iclgd-claims/3") -> Path:
    (directory / "claims.json").write_text(json.dumps({"schema": schema, "claims": rows}))
    return directory


def run(*argv: str) -> int:
    return run_commands([calibrate.CALIBRATE], ["calibrate", "--workers", "1", *argv])


def folder_of(tmp_path: Path, text: str) -> str:
    """Return a folder with one file; their names are new to this process, which keeps modules by name."""
    folder = tmp_path / f"mine_{tmp_path.name}"
    folder.mkdir()
    (folder / f"test_{tmp_path.name}.py").write_text(text, encoding="utf-8")
    return str(folder)


def test_claims_of_ones_own_are_calibrated(tmp_path: Path) -> None:
    own, size = folder_of(tmp_path, OWN), QUICK.size_episodes
    first, second, precondition = calibrate.designs_of_claims([Path(own)])
    assert first == SizedDesign("Z1 all", "Z1", "equivalent", 0.5, 0.5, QUICK.episodes, 1, 0.2)
    assert second == SizedDesign("Z2", "Z2", "greater", 0.25, None, size, 2, None)
    assert (precondition.name, precondition.kind, precondition.family) == ("precondition: ICL", "greater", 1)
    out = tmp_path / "calibration.json"
    assert run(own, "--studies", "100", "--json", str(out)) == 0
    subjects = {check["subject"] for check in json.loads(out.read_text())["checks"]}
    assert f"greater, {size} episodes, family of 2 (Z2)" in subjects
    assert {path.name for path in tmp_path.iterdir()} == {Path(own).name, out.name}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import nothing_here", "nothing_here"),
        ("def test_nothing(): ...", "no claims were collected. Name a folder"),
        (OWN.replace('"episodes", 0.2', '"nights", 0.2'), "claim Z1: 'nights' is no number of episodes"),
        (OWN.replace('0.2, "here"', '0.2, ""'), "say where it was measured"),
        (re.sub("designs=.*]", "", OWN), "no claim that was collected states a design"),
        ("", "file or directory not found: nowhere"),
    ],
)
def test_claims_that_cannot_be_calibrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert run(folder_of(tmp_path, text) if text else "nowhere") == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Traceback (most recent" not in printed


def test_a_report_is_calibrated_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = saved(tmp_path, row(HOSTILE), row("E2", kind="equivalent", margin=0.2, minimum_effect=0.2, units=40))
    out = tmp_path / "calibration.json"
    assert run("--report", str(report), "--studies", "100", "--json", str(out)) == 0
    text = capsys.readouterr().out
    for words in ("False verdicts", "Power at the stated", "Coverage of 95%", "0 fail.", "E1[bold]", "calibrate "):
        assert words in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "Metrics on predictions" not in text
    written = json.loads(out.read_text())
    assert (written["schema"], written["studies"], written["seed"]) == ("iclgd-calibration/1", 100, 0)
    assert {check["status"] for check in written["checks"]} <= {"holds", "limit"}
    assert {check["part"] for check in written["checks"]} == {"rules", "power", "intervals"}


def test_too_little_power_is_shown_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--report", str(saved(tmp_path, row(sd=0.3))), "--studies", "100") == 1
    text = capsys.readouterr().out
    assert "fails: E1: greater, 12 episodes" in text
    assert "needs about" in text


def test_the_seed_decides(tmp_path: Path) -> None:
    report = saved(tmp_path, row())
    found = []
    for seed in ("1", "1", "2"):
        run("--report", str(report), "--studies", "100", "--seed", seed, "--json", str(tmp_path / "out.json"))
        found.append(json.loads((tmp_path / "out.json").read_text())["checks"])
    assert found[0] == found[1] != found[2]


def test_spreads_of_one_design_are_joined_and_other_rules_left_out(tmp_path: Path) -> None:
    unsampled = row(kind="below", members=1)
    without = {**row(), "has_outcome": False}
    bounds = row(margin=None)
    rows = [row(sd=0.05), row(sd=0.09), row(sd=None), row(units=13), unsampled, without, bounds, {"id": "x"}]
    first, second = designs_of_report(saved(tmp_path, *rows))
    assert (first.spread, first.episodes, first.family, first.margin) == (0.09, 12, 2, 0.0)
    assert (second.episodes, second.spread) == (13, 0.05)
    assert designs_of_report(tmp_path / "claims.json") == [first, second]


@pytest.mark.parametrize(
    ("rows", "schema", "message"),
    [
        ([], "iclgd-claims/1", "has schema 'iclgd-claims/1'; this version reads"),
        ([], "iclgd-claims/3", "no sub-claim in which something was sampled"),
        ([row(units="many")], "iclgd-claims/3", "units of claim 'E1' is 'many'"),
        ([row(margin=float("nan"))], "iclgd-claims/3", "margin of claim 'E1' is nan"),
        ([row(members=True)], "iclgd-claims/3", "members of claim 'E1' is True"),
        ([row(units=10**7)], "iclgd-claims/3", "at most 20000 can be simulated"),
        ([row(units=1)], "iclgd-claims/3", "needs 2 episodes"),
        (["text"], "iclgd-claims/3", "must be a list of objects"),
    ],
)
def test_reports_that_cannot_be_used(
    tmp_path: Path, rows: list[dict[str, Any]], schema: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = saved(tmp_path, *rows, schema=schema)
    with pytest.raises(SettingsError, match=message.replace("(", "\\(")):
        designs_of_report(report)
    assert run("--report", str(report)) == 2
    assert message in capsys.readouterr().err


def test_files_that_cannot_be_read_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        designs_of_report(tmp_path)
    for text in ("{", "[" * 100000, "[]"):
        (tmp_path / "claims.json").write_text(text)
        with pytest.raises(SettingsError, match=r"is not JSON|has schema None"):
            designs_of_report(tmp_path)
    (tmp_path / "claims.json").write_bytes(b"\xff\xfe")
    with pytest.raises(StorageError, match="cannot be read"):
        designs_of_report(tmp_path)
    assert run("--json", str(tmp_path / "absent" / "out.json")) == 2
    assert "there is no directory" in capsys.readouterr().err
    report = saved(tmp_path, row())
    assert run("--report", str(report), "--studies", "100", "--json", str(tmp_path)) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--studies", "99"), "--studies is 99"),
        (("--workers", "-1"), "--workers is -1"),
        (("claims", "--report", "report"), "Give one of the two"),
    ],
)
def test_options_out_of_range(argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*argv) == 2
    assert message in capsys.readouterr().err


def line(part: str, hits: int, limit: float | None = None, note: str = "") -> Check:
    return Check(part, "rule [red]", "normal", "false supported", hits, 1000, 0.05, Sense.AT_MOST, limit, note)


@pytest.mark.parametrize("width", [60, 80, 150])
def test_tables_mark_limits_and_failures_and_fit(width: int) -> None:
    checks = [
        line("rules", 50), line("power", 90, 0.1, "as documented"), line("intervals", 90), line("metrics", 90, 0.1),
    ]  # fmt: skip
    assert [check.status for check in checks] == [
        CheckStatus.HOLDS,
        CheckStatus.LIMIT,
        CheckStatus.FAILS,
        CheckStatus.LIMIT,
    ]
    console = Console(width=width, record=True, file=StringIO())
    for table in tables(checks):
        console.print(table)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    for words in ("rule [red]", "0.050 [", "0.090 * [", "0.090 ! [", "* as documented"):
        assert words in " ".join(text.split())
    assert failures(checks) == ["rule [red]; normal: false supported 0.090, promised at most 0.05"]
    assert summary(checks) == "4 lines: 1 hold, 2 are documented limits, 1 fail."
    assert [record["status"] for record in document(checks, 1000, 0)["checks"]] == ["holds", "limit", "fails", "limit"]  # type: ignore[union-attr, call-overload, index]


def test_a_terminal_gets_a_bar() -> None:
    written = StringIO()
    console = Console(force_terminal=True, width=100, file=written)
    with calibrate._progress(console, 2) as done:
        done("first")
        done("second")
    assert "2/2" in written.getvalue()
