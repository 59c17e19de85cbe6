"""The doctor reads claims as they are collected: those of the project, a selection of them, and a user's own."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands.doctor import DOCTOR
from fixtures.doctor import diagnosis
from fixtures.doctor.network import HubState
from iclgd_core.safety.command import run_commands
from iclgd_core.suite import FOLDER
from tests.waiting import HANG

CLAIMS = FOLDER / "claims"
OWN = """
from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.needs import Needs, Training

@claim("Z1", Source("Mine", "0000.00000").at("page 1"), "a statement", "its contrary", measures="a thing of mine",
       needs=Needs(layers=9), trains=[Training.VALUES], demonstrations=1000)
def test_a_thing(lab, judge): ...
"""
MODEL = "ginc-llama-57k"
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, a directory of its own."""
    monkeypatch.setattr(diagnosis, "ask_hub", lambda: HubState(False, False, "not asked"))
    monkeypatch.chdir(tmp_path)


def folder_of(text: str) -> str:
    """Return a folder with one file, outside of the project; its name is new to this process, which keeps modules."""
    folder = Path(f"mine_{next(NUMBERS)}")
    folder.mkdir()
    (folder / "test_z1.py").write_text(text, encoding="utf-8")
    return str(folder)


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit status, and what the doctor says by section and name."""
    status = run_commands([DOCTOR], ["doctor", *arguments, "--device=cpu", "--json"])
    sections = json.loads(capsys.readouterr().out)["sections"]
    return status, {s["title"]: {one["name"]: one["value"] for one in s["findings"]} for s in sections}


def test_a_claim_of_ones_own_is_judged_as_those_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    no_icl = "; inconclusive where the model shows no ICL"
    title = f"{MODEL} on ginc-k5, quick tier"
    _, said = asked(capsys, folder_of(OWN), f"--model={MODEL}")
    assert said[title]["Z1"] == f"not run: it needs a model of at least 9 layers{no_icl}"
    two = folder_of(OWN.replace("layers=9", "layers=2"))
    _, said = asked(capsys, two, str(CLAIMS / "shen"), f"--model={MODEL}")
    beyond = said[title]["Z1"]
    assert beyond.startswith("not run beyond ")
    assert beyond.endswith(no_icl)
    assert said[title]["S3"].startswith("runs: ")


@pytest.mark.parametrize("usual", ["-v", "-ra -q", "--lf", "-n 2"])
def test_what_a_user_gives_every_run_does_not_matter(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, usual: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", usual)
    Path("tox.ini").write_text(f"[pytest]\naddopts = {usual}\n", encoding="utf-8")
    _, said = asked(capsys, folder_of(OWN.replace("layers=9", "layers=2")), f"--model={MODEL}")
    assert said[f"{MODEL} on ginc-k5, quick tier"]["Z1"].startswith("not run beyond ")


def test_a_folder_without_claims_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = asked(capsys, folder_of("def test_nothing(): ..."), f"--model={MODEL}")
    assert (status, said["Claims"]) == (1, {"claims": "none were collected"})


@pytest.mark.parametrize(("text", "told"), [("import nothing_here", "nothing_here"), ("", "not found")])
def test_what_cannot_be_collected_is_a_mistake(capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    assert run_commands([DOCTOR], ["doctor", folder_of(text) if text else "nowhere", "--device=cpu"]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert "Traceback (most recent" not in printed.err


def test_a_run_of_pytest_is_asked_the_same_and_runs_nothing(tmp_path: Path) -> None:
    """In a process of its own, with workers asked for, models that are not here, and a selection."""
    options = ("--iclgd-doctor", "--iclgd-device=cpu", "--iclgd-model=someone/none", f"--iclgd-model={MODEL}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "claims/shen", "-n2", "-k", "S3 or s3", "-p", "no:cacheprovider", *options,
         f"--iclgd-report={tmp_path / 'report'}", f"--iclgd-cache={tmp_path / 'cache'}"],
        cwd=CLAIMS.parent, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ok      S3: runs: sparsity of the weights" in lines
    assert any(line.startswith("problem model: not on this machine: model someone/none") for line in lines)
    assert not [line for line in lines if line.startswith(("ok      S1", "ok      S4"))]
    assert "Some of it cannot work; see the problems above." in lines
    assert " passed" not in done.stdout
    assert list(tmp_path.iterdir()) == []
