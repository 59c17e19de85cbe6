"""A claim, a metric, an optimizer and a text task are added to a copy of the project, by the list in CONTRIBUTING.md.

Only the files of the list are touched: if one more were needed, the run of the new claim, which uses all of them, or
what the doctor and the calibration say would fail.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from tests.test_text_claims import NOUNS
from tests.text_models import save_text_model
from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("iclgd_core", "fixtures", "claims", "reports")
BESIDE = ("conftest.py", "pyproject.toml")

METRIC_FILE = '''
"""Probability that two predictions share."""

import numpy as np

from iclgd_core.metrics.agreement import agreement
from iclgd_core.metrics.predictions import Floats, Predictions, checked_pair, probabilities


@agreement("shared-mass", "shared mass")
def shared_mass(p: Predictions, q: Predictions) -> Floats:
    """Return sum_v min(p_v, q_v)."""
    first, second, _ = checked_pair(p, q)
    return np.asarray(np.minimum(probabilities(first), probabilities(second)).sum(axis=-1))
'''

SIGN = '''
class Sign(torch.optim.Optimizer):
    """Moves each weight by the learning rate against the sign of its gradient."""

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                weight.sub_(weight.grad.sign(), alpha=group["lr"])


'''

CLAIM_FILE = '''
"""Z1  A claim of a paper that the project does not know yet."""

import pytest

from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.design import Design
from iclgd_core.evidence.needs import Training
from iclgd_core.stats import paired_greater
from iclgd_core.studies.open.other_optimizers import optimizer_account

MARGIN = 0.015


@claim(
    "Z1",
    Source("Mine", "0000.00000").at("page 1"),
    "Sign descent agrees with ICL more than ICL with itself.",
    refuted_by="less agreement",
    needs_icl=False,
    measures="shared mass of ICL and sign descent",
    trains=[Training.WHOLE],
    demonstrations=8,
    designs=[Design("greater", MARGIN, 0.1, "minibatch_episodes", 0.07, "here")],
)
@pytest.mark.parametrize("optimizer", ["sign"])
def test_sign_descent(lab, judge, optimizer):
    study = optimizer_account(lab, optimizer, "shared-mass")
    judge(paired_greater(study["learner"], study["ceiling"], margin=MARGIN, quantity="shared mass"), study)
'''

ADDED: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "a claim": {
        "claims/mine/__init__.py": (("", '"""My claims."""'),),
        "claims/mine/test_z1_sign_descent.py": (("", CLAIM_FILE),),
    },
    "a metric": {
        "iclgd_core/metrics/shared_mass.py": (("", METRIC_FILE),),
        "iclgd_core/metrics/__init__.py": (
            ("from iclgd_core.metrics.top_k", "from iclgd_core.metrics.shared_mass import shared_mass\n"),
            ('    "sim_am",', '    "shared_mass",\n'),
        ),
    },
    "an optimizer": {
        "iclgd_core/learners/gd/optimizers.py": (
            ('"newton": 4}', '"sign": 0, '),
            ('"newton"]', '"sign", '),
            ("def torch_optimizer(", SIGN.lstrip()),
            (
                '    if optimizer.rule == "adam":\n        return',
                '    if optimizer.rule == "sign":\n        return Sign(groups, {})\n',
            ),
            ('        Optimizer("momentum"', '        Optimizer("sign", "sign", None, "sign", "momentum"),\n'),
        ),
        "iclgd_core/learners/gd/in_place/updates.py": (
            (
                '        elif self.optimizer.rule == "adam":',
                '        elif self.optimizer.rule == "sign":\n'
                "            precise.add_(slope.sign(), alpha=-self.learning_rate)\n",
            ),
        ),
        "iclgd_core/evidence/accounts.py": (('    "momentum"', '    "sign": "sign descent",\n'),),
    },
    "a text task of the suite": {
        "iclgd_core/tasks/text/paper_sets.py": (
            (
                "PAPER_SETS = {",
                'MOODS = TextSource("moods", Columns(("text",), "label", ("good", "bad")), "validation")\n\n',
            ),
            ("SST5, MR", "MOODS, "),
        ),
        "iclgd_core/tasks/text/paper_templates.py": (
            (
                '    "ag_news": (',
                '    "moods": (Template("plain", "Text: {text}\\nMood:", ("Positive", "Negative")),),\n',
            ),
        ),
    },
}
"""What is added, by file: before the first place that reads so; before nothing is a new file."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all that is added; the embedded models are those of the project."""
    place = tmp_path_factory.mktemp("project")

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {"__pycache__"} | ({"models"} if Path(folder) == ROOT / "fixtures" else set())

    for name in COPIED:
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    for name in BESIDE:
        shutil.copy(ROOT / name, place)
    (place / "fixtures" / "models").symlink_to(ROOT / "fixtures" / "models")
    for name, additions in (entry for files in ADDED.values() for entry in files.items()):
        path = place / name
        path.parent.mkdir(exist_ok=True)
        for before, text in additions:
            known = path.read_text(encoding="utf-8") if before else ""
            assert before in known, (name, before)
            path.write_text(known.replace(before, text + before, 1) or text.lstrip(), encoding="utf-8")
    return place


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, with its code."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=os.environ | {"PYTHONPATH": str(copy), "HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, timeout=HANG, check=False,
    )  # fmt: skip


def asked(copy: Path) -> dict[str, str]:
    """Return model, task and data of a run: a toy model of text and rows of the new task."""
    rng, data = np.random.default_rng(0), copy / "data" / "moods"
    data.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", 160), ("validation", 48)):
        rows = [{"text": " ".join(rng.choice(NOUNS, 2)) + f" {i}", "label": i % 2} for i in range(count)]
        (data / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    model = save_text_model(copy / "toy", [f"Text: {' '.join(NOUNS)} Mood: Positive Negative"])
    return {"model": str(model), "task": "moods", "data": str(copy / "data")}


def test_the_list_names_every_file_and_no_more_than_it_may() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for what, files in ADDED.items():
        (row,) = (line for line in table.splitlines() if line.startswith(f"| {what} |"))
        named = [re.sub("PAPER|NAME|ID_name", "*", name) for name in re.findall("`([^`]+)`", row)]
        for file in files:
            assert any(fnmatch(file, name) for name in named) or file.endswith("mine/__init__.py"), (what, file)
    counts = {what: len(files) for what, files in ADDED.items()}
    assert counts["a metric"] <= 2
    assert counts["an optimizer"] + counts["a claim"] - 1 <= 4  # the claim that asks for it, too
    assert counts["a text task of the suite"] <= 2


def test_what_was_added_runs(copy: Path) -> None:
    options = [f"--iclgd-{name}={value}" for name, value in asked(copy).items()]
    done = run(copy, "-m", "pytest", "claims", "-m", "mine", "-p", "no:xdist", "-p", "no:cacheprovider",
               "--iclgd-device=cpu", *options)  # fmt: skip
    report = json.loads((copy / ".iclgd" / "report" / "claims.json").read_text(encoding="utf-8"))
    (row,) = report["claims"]
    assert (row["id"], row["task"], row["params"]) == ("Z1", "moods", {"optimizer": "sign"}), done.stdout + done.stderr
    assert row["verdict"] in ("supported", "refuted", "inconclusive"), row["reason"]
    assert row["has_outcome"], row["reason"]
    cells = {(cell["account"], cell["agreement"]) for cell in row["details"]["closures"]}
    assert ("sign", "shared-mass") in cells
    assert "sign descent" in (copy / ".iclgd" / "report" / "index.html").read_text(encoding="utf-8")


def test_the_doctor_and_the_calibration_know_it(copy: Path) -> None:
    options = [f"--{name}={value}" for name, value in asked(copy).items()]
    done = run(copy, "-m", "iclgd_core.suite.command", "doctor", "--device=cpu", *options)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "ok      Z1: runs: shared mass of ICL and sign descent" in lines, done.stdout + done.stderr
    names = run(copy, "-c", "from iclgd_core.calibration.metric_checks import METRICS; print(*METRICS, sep='\\n')")
    assert "shared mass" in names.stdout.splitlines(), names.stderr
    done = run(
        copy,
        "-m",
        "iclgd_core.suite.command",
        "calibrate",
        "claims/mine",
        "--studies=100",
        "--json=calibrated.json",
    )
    checks = json.loads((copy / "calibrated.json").read_text(encoding="utf-8"))["checks"]
    subjects = {check["subject"] for check in checks}
    assert "greater, 36 episodes, family of 1 (Z1)" in subjects, done.stdout + done.stderr
    assert any(one.startswith("shared mass") for one in subjects), subjects
