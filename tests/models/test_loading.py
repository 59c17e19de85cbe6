"""Loading a model directory, and what a user is told about one that cannot be used."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from iclgd_core.errors import IclgdError, ModelError, UnknownNameError
from iclgd_core.models import load_model
from tests.tiny_models import tiny_model, tiny_task


def test_what_was_saved_is_loaded(directory: Path) -> None:
    model = load_model(str(directory))
    original = tiny_model(model.module.config.model_type)
    state = original.module.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.module.state_dict().items())
    prompts = model.token_ids(tiny_task().symbols)[np.array([[1, 2, 3], [3, 2, 1]])]
    np.testing.assert_allclose(model.log_probs(prompts), original.log_probs(prompts), atol=1e-6)
    assert model.context_window == 64
    assert model.n_parameters == sum(p.numel() for p in original.module.parameters())
    assert not model.module.training
    assert not any(p.requires_grad for p in model.module.parameters())


@pytest.mark.parametrize(
    ("dtype", "expected"), [("float32", torch.float32), ("float64", torch.float64), ("bfloat16", torch.bfloat16)]
)
def test_dtypes(llama: Path, dtype: str, expected: torch.dtype) -> None:
    model = load_model(str(llama), dtype=dtype)
    assert {p.dtype for p in model.module.parameters()} == {expected}


def test_unknown_names_are_helped(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("ginc-llama-208k", "ginc-llama-57k", "untrained-llama-57k")
    monkeypatch.setattr("iclgd_core.models.loading.embedded_names", lambda: names)
    with pytest.raises(UnknownNameError, match="unknown model 'ginc-lama-57k'") as caught:
        load_model("ginc-lama-57k")
    assert "Nearest: ginc-llama-57k" in str(caught.value)
    assert "config.json and model.safetensors" in str(caught.value)


def without_config(path: Path) -> None:
    (path / "config.json").unlink()


def without_tokenizer(path: Path) -> None:
    (path / "tokenizer.json").unlink()


def with_pickled_weights_alone(path: Path) -> None:
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def with_broken_config(path: Path) -> None:
    (path / "config.json").write_text('{"model_type": "llama",')


def with_unknown_architecture(path: Path) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "model_type": "perceptron"}))


def with_broken_tokenizer(path: Path) -> None:
    (path / "tokenizer.json").write_text("{")


def with_truncated_weights(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def with_another_width(path: Path) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "hidden_size": 32}))


def with_a_weight_missing(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    del weights["model.layers.0.self_attn.q_proj.weight"]
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without_config, "no config.json"),
        (without_tokenizer, "no tokenizer.json"),
        (with_pickled_weights_alone, "no .*safetensors file, and pickled weights are not read"),
        (with_broken_config, "cannot be read: .*JSON"),
        (with_unknown_architecture, "cannot be read: .*perceptron"),
        (with_broken_tokenizer, "cannot be read"),
        (with_truncated_weights, "cannot be read"),
        (with_another_width, "cannot be read"),
        (with_a_weight_missing, "q_proj"),
    ],
)
def test_a_damaged_directory_is_one_clear_error(llama: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(llama)
    with pytest.raises(ModelError, match=f"(?s){says}") as caught:
        load_model(str(llama))
    assert str(llama) in str(caught.value)


def test_an_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a directory but no model"):
        load_model(str(tmp_path))


def test_an_unknown_dtype_is_not_blamed_on_the_directory(llama: Path) -> None:
    with pytest.raises(IclgdError, match="float16") as caught:
        load_model(str(llama), dtype="float16")
    assert "cannot be read" not in str(caught.value)
