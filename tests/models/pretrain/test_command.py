"""The command `iclgd pretrain`: its lists, its refusals, and what it leaves alone."""

from pathlib import Path

import pytest

from iclgd_core.models.pretrain import RECIPES
from iclgd_core.models.regression.pretraining import TRAINERS
from iclgd_core.suite.command import main


def words(text: str) -> str:
    """Return the text without the line breaks of a narrow terminal."""
    return " ".join(text.split())


def test_an_unknown_recipe_is_a_short_error_with_the_nearest_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "ginc-lama-57k"]) == 2
    shown = capsys.readouterr()
    assert "unknown recipe 'ginc-lama-57k'. Nearest: ginc-llama-57k" in words(shown.err)
    assert all(name in words(shown.err) for name in RECIPES)
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_an_existing_model_is_not_replaced_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.safetensors"
    file.write_text("precious")

    def never(*_: object) -> None:
        pytest.fail("trained over an existing model")

    monkeypatch.setattr("fixtures.commands.pretrain.pretrain", never)
    assert main(["pretrain", "ginc-llama-57k", "--out", str(tmp_path)]) == 2
    assert "already holds a model" in words(capsys.readouterr().err)
    assert file.read_text() == "precious"


def test_force_replaces_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(BaseException):
        """No Exception: the command reports those as faults."""

    def asked(*arguments: object) -> None:
        assert arguments[:3] == (RECIPES["ginc-llama-57k"], tmp_path, "cpu")
        raise Asked

    (tmp_path / "model.safetensors").write_text("old")
    monkeypatch.setattr("fixtures.commands.pretrain.pretrain", asked)
    with pytest.raises(Asked):
        main(["pretrain", "ginc-llama-57k", "--out", str(tmp_path), "--force"])


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "--list"]) == 0
    listed = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines() if ":" in line]
    assert listed == [*RECIPES, *TRAINERS]


def test_the_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "--list"]) == 0
    assert "ginc-llama-57k" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which model?"),
        (["ginc-llama-57k", "--threads", "-3"], "--threads is -3"),
        (["ginc-llama-57k", "--device", "meta"], "--device is 'meta'. Allowed: cpu, cuda or cuda:N."),
        (["ginc-llama-57k", "--device", "cuda:99"], "but there are"),
        (["icl-objective-lsa-1", "--threads", "-3"], "--threads is -3"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pretrain", *arguments, "--out", str(tmp_path / "model")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("arguments", [[], ["pretend"], ["pretrain", "--nonsense"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: iclgd" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused_before_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")

    def never(*_: object) -> None:
        pytest.fail("the training would be lost at its end")

    monkeypatch.setattr("iclgd_core.models.pretrain.train.documents", never)
    assert main(["pretrain", "ginc-llama-57k", "--out", str(tmp_path / "file" / "below")]) == 2
    assert "file/below" in words(capsys.readouterr().err).replace(" ", "")
