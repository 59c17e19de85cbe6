"""What a process has at hand: the model in the format and attention that were chosen, and an error with the amount."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from fixtures import resources
from fixtures.resources import Resources
from iclgd_core.devices import InsufficientMemoryError, OutOfMemoryError
from tests.hub.gguf.tiny import module_of, write_gguf
from tests.plugin.project import Project
from tests.tiny_models import tiny_model

PLUGINS = 'pytest_plugins = ["fixtures.options", "fixtures.devices", "fixtures.available", "fixtures.resources"]'


def made(project: Project, *arguments: str) -> Resources:
    project.pytester.makeconftest(PLUGINS)
    return Resources(project.pytester.parseconfigure(*arguments))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tiny_model()
    model.module.save_pretrained(tmp_path / "tiny")
    model.tokenizer.save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_small_model_on_the_cpu_needs_no_lease(project: Project, folder: Path) -> None:
    own = made(project)
    model, room = own.model(str(folder))
    assert room is None
    assert model.module.dtype == torch.float32
    assert model.config._attn_implementation == "eager"
    assert own.model(str(folder))[0] is model
    assert own.read_as(str(folder)) == {"dtype chosen": "0.00 M parameters, at most 1.5 B"}


def test_weights_that_are_left_out_are_told(project: Project, folder: Path) -> None:
    """One layer of two by config.json, which is asked for and not an error: so many weights are not used."""
    config = json.loads((folder / "config.json").read_text()) | {"num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    told = made(project).read_as(str(folder))["weights left out"]
    first = [f"model.layers.1.{name}.weight" for name in ("input_layernorm", "mlp.down_proj", "mlp.gate_proj")]
    assert told == f"9: {', '.join(first)} and 6 more"


def test_the_gguf_file_that_a_model_was_made_of_is_told(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_ASSETS_CACHE", str(tmp_path / "assets"))
    path = write_gguf(tmp_path / "tiny.gguf", module_of(), "Q8_0")
    assert made(project).read_as(str(path))["dequantised from GGUF"] == {
        "file": "tiny.gguf",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "quantisation": "Q8_0: 15 tensors, F32: 5",
        "licence": "mit",
        "base": "tiny",
    }


def test_a_format_that_was_asked_for_wins(project: Project, folder: Path) -> None:
    own = made(project, "--iclgd-dtype=float64")
    assert own.model(str(folder))[0].module.dtype == torch.float64
    assert own.read_as(str(folder)) == {"dtype chosen": "asked for"}


def test_a_bound_on_memory_is_kept_for_small_models_too(project: Project, folder: Path) -> None:
    with pytest.raises(InsufficientMemoryError, match="needs about"):
        made(project, "--iclgd-max-memory=1KB").model(str(folder))
    model, room = made(project, "--iclgd-max-memory=4GiB").model(str(folder))
    assert room is not None
    assert model.n_parameters > 0
    room.give_back()


def test_memory_that_runs_out_while_loading_says_how_much_is_needed(
    project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("injected")

    monkeypatch.setattr(resources, "load_model", exhausted)
    with pytest.raises(OutOfMemoryError, match=r"its weights take about \d"):
        made(project).model(str(folder))
