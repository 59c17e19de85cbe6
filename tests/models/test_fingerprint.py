"""The hash of a model that was read from files: the same for the same function, another for another."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from iclgd_core.models.language import fingerprint, loading
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.fingerprint import fingerprint as digest_of
from iclgd_core.models.language.loading import load_model


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGE", 100)


def test_the_weights_are_not_copied(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(str(llama))

    def copied(self: torch.Tensor) -> torch.Tensor:
        raise AssertionError("a weight was copied")

    monkeypatch.setattr(torch.Tensor, "cpu", copied)
    assert len(model.digest) == 64
    with pytest.raises(AssertionError, match="was copied"):
        digest_of(copy.deepcopy(model.module))


def test_a_path_is_no_part_of_it(llama: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(llama, other)
    assert load_model(str(llama)).digest == load_model(str(other)).digest


def another_weight(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    next(iter(weights.values())).view(-1)[0] += 1
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})


def another_setting(path: Path) -> None:
    text = (path / "config.json").read_text()
    assert '"rms_norm_eps": 1e-06' in text
    (path / "config.json").write_text(text.replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-03'))


@pytest.mark.parametrize("change", [another_weight, another_setting])
def test_another_function_has_another(llama: Path, change: Callable[[Path], None]) -> None:
    before = load_model(str(llama)).digest
    change(llama)
    assert load_model(str(llama)).digest != before


def test_another_dtype_has_another(llama: Path) -> None:
    assert len({load_model(str(llama), dtype=dtype).digest for dtype in ("float32", "float64", "bfloat16")}) == 3


def add(weight: torch.nn.Parameter) -> None:
    with torch.no_grad():
        weight.add_(1)


def replace_data(weight: torch.nn.Parameter) -> None:
    weight.data = weight.data + 1


@pytest.mark.parametrize("write", [add, replace_data])
def test_weights_that_were_written_since_are_hashed_themselves(
    llama: Path, write: Callable[[torch.nn.Parameter], None]
) -> None:
    model = load_model(str(llama))
    before = digest_of(model.module)
    write(next(iter(model.module.parameters())))
    assert digest_of(model.module) != before
    again = CausalModel("written", copy.deepcopy(model.module), model.tokenizer)
    assert again.digest == digest_of(model.module)


def test_a_file_is_hashed_once_and_again_when_it_changed(llama: Path) -> None:
    before = fingerprint._content_hash.cache_info().misses
    load_model(str(llama))
    load_model(str(llama))
    assert fingerprint._content_hash.cache_info().misses == before + 1
    another_weight(llama)
    load_model(str(llama))
    assert fingerprint._content_hash.cache_info().misses == before + 2
