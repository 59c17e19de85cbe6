"""A model spread over devices (here: the CPU and the disk) answers as a plain one."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from iclgd_core.errors import ModelError, SettingsError, UnknownNameError
from iclgd_core.models.language import spread
from iclgd_core.models.language.answering import answer
from iclgd_core.models.language.placement import Place, first_device, places
from iclgd_core.models.language.readout import readout_at
from iclgd_core.models.language.spread import load_spread, read_weights
from iclgd_core.tasks.prompts import Prompt
from tests.learners.gd.sharded.toys import prompts, save_toy

pytest.importorskip("accelerate", reason="an optional package, extra `multi`")

LABELS = np.array([1])
EMBEDDING = 9000
"""Bytes that hold the Llama's input embedding and no layer besides."""


def groups() -> list[list[Prompt]]:
    """Two groups of four prompts, each behind a prefix of 30 tokens."""
    rng = np.random.default_rng(0)
    heads = rng.integers(0, 37, (2, 30))
    return [[Prompt(np.concatenate([head, p.ids]), 30 + p.readout) for p in prompts(4, rng)] for head in heads]


def at_readouts(module: torch.nn.Module, ids: torch.Tensor, readouts: Sequence[int]) -> torch.Tensor:
    with readout_at(module, torch.tensor(readouts)), torch.no_grad():  # type: ignore[arg-type]
        logits: torch.Tensor = module(ids, use_cache=False).logits
    return logits


@pytest.mark.parametrize("reuse", [True, False])
def test_layers_on_disk_answer_as_plain_ones(reuse: bool, tmp_path: Path) -> None:
    path = save_toy("llama", tmp_path)
    module = load_spread(path, "float32", {"cpu": EMBEDDING}, "eager", tmp_path / "offload")
    where = places(module)
    assert where["model.embed_tokens"] == "cpu"
    assert where["model.layers"] == where["lm_head"] == "disk"
    assert {p.device.type for p in module.model.layers.parameters()} == {"meta"}
    plain = read_weights(path, "float32", "eager")
    assert places(plain) == {}
    found, wanted = (np.asarray(answer(one, groups(), LABELS, False, reuse)) for one in (module, plain))
    np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)
    assert np.ptp(wanted, axis=1).max() > 0.1, "all prompts have the same answer"


@pytest.mark.parametrize("kind", ["llama", "gpt_neox"])
@pytest.mark.parametrize("memory", [None, {"cpu": 10**9}, {"cpu": 0}])
def test_logits_at_a_readout_are_those_of_a_plain_model(
    kind: str, memory: dict[Place, int] | None, tmp_path: Path
) -> None:
    path = save_toy(kind, tmp_path)
    module = load_spread(path, "float32", memory, None, tmp_path / "offload")
    assert (module.device.type == "meta") == (memory == {"cpu": 0}), "weights are not where the test means them to be"
    assert first_device(module) == torch.device("cpu")
    ids = torch.from_numpy(np.stack([prompt.ids[:30] for group in groups() for prompt in group]))
    readouts = [29, 3, 0, 7, 8, 9, 10, 11]
    found = at_readouts(module, ids.to(first_device(module)), readouts)
    assert found.shape == (8, 1, 37)
    torch.testing.assert_close(
        found, at_readouts(read_weights(path, "float32", None), ids, readouts), atol=1e-5, rtol=0
    )


def test_a_plain_model_has_one_device(tmp_path: Path) -> None:
    module = read_weights(save_toy("gpt_neox", tmp_path), "bfloat16", None)
    assert first_device(module) == torch.device("cpu")
    assert {p.dtype for p in module.parameters()} == {torch.bfloat16}
    assert not module.training
    assert not any(p.requires_grad for p in module.parameters())


def test_weights_that_fit_nowhere_are_refused(tmp_path: Path) -> None:
    path = save_toy("llama", tmp_path)
    with pytest.raises(SettingsError, match=r"do not fit the devices: 4 of its parts are left, first model\.norm"):
        load_spread(path, "float32", {"cpu": EMBEDDING})


def test_without_accelerate_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="pip install accelerate"):
        load_spread(tmp_path, "float32")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = save_toy("llama", tmp_path)
    with pytest.raises(UnknownNameError, match="unknown dtype 'int8'"):
        load_spread(path, "int8")
    config = (path / "config.json").read_text()
    (path / "config.json").write_text(config.replace('"vocab_size": 37', '"vocab_size": 38'))
    with pytest.raises(ModelError, match=r"2 weights are of another shape than config\.json says \(lm_head"):
        load_spread(path, "float32")
    (path / "config.json").write_text(config)
    (path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"the model in .*llama cannot be read: .*save it again"):
        load_spread(path, "float32")


def test_a_masked_model_is_refused(tmp_path: Path) -> None:
    path = save_toy("llama", tmp_path)
    (path / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"]}')
    with pytest.raises(ModelError, match="is a masked language model"):
        load_spread(path, "float32")


def test_a_model_that_brings_code_is_never_asked_for_it(tmp_path: Path) -> None:
    path, canary = save_toy("llama", tmp_path), tmp_path / "canary"
    (path / "modeling_own.py").write_text(f"open({str(canary)!r}, 'w').close()")
    config = json.loads((path / "config.json").read_text())
    for key in ("AutoConfig", "AutoModelForCausalLM"):
        config.setdefault("auto_map", {})[key] = "modeling_own.Own"
    (path / "config.json").write_text(json.dumps(config))
    for offload in (None, tmp_path / "offload"):
        load_spread(path, "float32", None, None, offload)
    assert not canary.exists()
