"""What `iclgd doctor` and `iclgd prefetch` say of models and tasks of regression, which are no language models."""

import json
from pathlib import Path

import pytest

from fixtures.commands.doctor import DOCTOR
from fixtures.commands.prefetch import PREFETCH
from fixtures.doctor import diagnosis
from fixtures.doctor.network import HubState
from fixtures.doctor.regression import KINDS, by_kind
from iclgd_core.errors import ModelError
from iclgd_core.models.regression.registry import REGRESSION_MODELS
from iclgd_core.safety.command import run_commands
from iclgd_core.suite import FOLDER

CLAIMS = FOLDER / "claims"
OFFLINE = HubState(False, False, "not asked: HF_HUB_OFFLINE is set")
GENERAL = ("Software", "Hardware", "Folders", "Hugging Face Hub")


def found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str
) -> tuple[int, dict[str, dict[str, tuple[str, str]]]]:
    """Return the exit status, and (state, value) by name in the sections about models."""
    monkeypatch.setattr(diagnosis, "ask_hub", lambda: OFFLINE)
    monkeypatch.chdir(folder)
    status = run_commands([DOCTOR], ["doctor", str(CLAIMS / "vonoswald"), "--device=cpu", "--json", *arguments])
    sections = json.loads(capsys.readouterr().out)["sections"]
    return status, {
        one["title"]: {line["name"]: (line["state"], line["value"]) for line in one["findings"]}
        for one in sections
        if one["title"] not in GENERAL
    }


@pytest.mark.parametrize(
    ("name", "kind", "size", "task"),
    [
        ("constructed-lsa-1", "weights written by hand", "484 in float64 (layers 1, ", "linear-regression-d10"),
        ("icl-objective-lsa-1", "trained on the in-context objective", "484 in float64", "linear-regression-d10"),
        ("untrained-lsa-1", "fresh weights", "484 in float64", "linear-regression-d10"),
    ],
)
def test_a_model_of_regression(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: str,
    size: str, task: str,
) -> None:  # fmt: skip
    status, said = found(capsys, monkeypatch, tmp_path, "--model", name)
    assert status == 0
    assert said.keys() == {name}
    assert said[name]["model"] == ("ok", f"regression, {kind}, on this machine")
    assert said[name]["parameters"][1].startswith(size)
    assert said[name]["memory"] == ("ok", "weights 3.8 KiB; computed on the CPU whatever the device")
    assert task in said[name]["tasks"][1].split(", ")
    assert said[name]["claims"][1].startswith("those about regression")


@pytest.mark.parametrize(
    ("name", "v6", "v9"),
    [
        ("constructed-lsa-1", "runs: predictions of the construction under other orders, in float64", "not run: it is"),
        ("icl-objective-lsa-1", "not run: it is about constructed-", "runs: loss of the trained layer"),
        ("untrained-lsa-1", "not run: it is about constructed-", "inconclusive: a control's weights learnt nothing"),
    ],
)
def test_a_claim_about_regression_says_whether_it_speaks_of_the_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, v6: str, v9: str
) -> None:
    _, said = found(capsys, monkeypatch, tmp_path, "--model", name)
    assert said[name]["V6"] == ("ok" if v6.startswith("runs") else "note", v6)
    assert said[name]["V9"][1].startswith(v9)


def test_every_name_says_what_its_weights_are() -> None:
    assert all(name.startswith(tuple(KINDS)) for name in REGRESSION_MODELS)


def test_both_kinds_in_one_question(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("--model=constructed-lsa-1", "--model=ginc-llama-57k")
    status, said = found(capsys, monkeypatch, tmp_path, *names)
    assert status == 0
    assert said.keys() == {"constructed-lsa-1", "ginc-llama-57k on ginc-k5, quick tier"}
    status, said = found(capsys, monkeypatch, tmp_path, "--model=constructed-lsa-1", "--task=ginc-k3")
    assert status == 0
    assert said.keys() == {"constructed-lsa-1", "ginc-llama-794k on ginc-k3, quick tier"}
    assert by_kind([], []).language
    assert not by_kind(["constructed-lsa-1"], []).language


def test_a_task_of_regression(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    status, said = found(capsys, monkeypatch, tmp_path, "--task=linear-regression-d10")
    assert status == 0
    assert said.keys() == {"linear-regression-d10"}
    models = said["linear-regression-d10"]["models"][1].split(", ")
    assert "constructed-lsa-1" in models
    assert "icl-objective-gpt2-1-layer" not in models
    wrong = ("--model=constructed-lsa-1", "--task=linear-regression-d5-gaussian")
    status, said = found(capsys, monkeypatch, tmp_path, *wrong)
    assert status == 1
    assert said["constructed-lsa-1"]["tasks"] == ("problem", "it cannot read linear-regression-d5-gaussian")


def test_what_cannot_work_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    status, said = found(capsys, monkeypatch, tmp_path, "--model=constructed-lsa-7")
    assert status == 1
    assert said.keys() == {"constructed-lsa-7"}
    assert said["constructed-lsa-7"]["model"][1].startswith("unknown model 'constructed-lsa-7'. Nearest: constructed-l")

    def missing(name: str) -> object:
        raise ModelError(f"weights of {name} are not there")

    monkeypatch.setattr("fixtures.doctor.regression.load_regression_model", missing)
    status, said = found(capsys, monkeypatch, tmp_path, "--model=icl-objective-lsa-1")
    assert (status, said["icl-objective-lsa-1"]) == (
        1, {"model": ("problem", "weights of icl-objective-lsa-1 are not there")},
    )  # fmt: skip


def test_nothing_is_fetched_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--model=constructed-lsa-1", "--model=icl-objective-lsa-1", "--task=linear-regression-d10"]
    assert run_commands([PREFETCH], ["prefetch", *asked]) == 0
    said = capsys.readouterr().out
    assert "there: model icl-objective-lsa-1: regression, needs nothing of the Hub" in said
    assert "there: task linear-regression-d10: regression, needs no data of the Hub" in said
    assert "All 3 are there." in said
    assert run_commands([PREFETCH], ["prefetch", "--model=constructed-lsa-7"]) == 1
    assert "missing: model constructed-lsa-7: unknown model 'constructed-lsa-7'" in capsys.readouterr().out
