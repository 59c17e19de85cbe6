"""What a run is estimated to need, against what autograd really keeps."""

from collections import Counter
from typing import Any

import pytest
import torch
from transformers import GPT2Config, LlamaConfig, OPTConfig, PretrainedConfig

from iclgd_core.learners import get_optimizer
from iclgd_core.learners.gd.in_place import Plan, activation_bytes, gd_bytes
from iclgd_core.learners.gd.in_place.batches import micro_batches
from iclgd_core.learners.gd.in_place.gradients import requiring_gradients, step_gradients
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.loading import fresh
from iclgd_core.models.language.momentum_attention import MOMENTUM
from tests.learners.gd.in_place.small_runs import small_run

SIZE: dict[str, Any] = {
    "vocab_size": 500, "max_position_embeddings": 64, "hidden_size": 64, "num_hidden_layers": 6,
    "num_attention_heads": 4,
}  # fmt: skip
CONFIGS: dict[str, PretrainedConfig] = {
    "llama": LlamaConfig(**SIZE, intermediate_size=172),
    "gpt2": GPT2Config(
        vocab_size=500, n_positions=64, n_embd=64, n_layer=6, n_head=4, bos_token_id=None, eos_token_id=None
    ),
    "opt": OPTConfig(**SIZE, ffn_dim=256),
}
LLAMA_7B = LlamaConfig()
"""The default configuration of the class is that of the 7 B model."""


def kept_bytes(model: CausalModel, rows: int, length: int, checkpointing: bool) -> int:
    """Return the bytes that autograd keeps between forward and backward, weights left out, each storage once."""
    run = small_run(lengths=(length,) * rows, vocabulary=500)
    batches = micro_batches(model, run.examples, run.targets, rows, 10**6)
    parameters = dict(model.module.named_parameters())
    own = {parameter.untyped_storage().data_ptr() for parameter in parameters.values()}
    storages: Counter[int] = Counter()
    alive: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        alive.append(tensor)
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with requiring_gradients(model, parameters):
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            step_gradients(model, parameters, batches, checkpointing)
    return sum(size for at, size in storages.items() if at not in own)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("name", CONFIGS)
def test_activations_are_near_what_is_kept(name: str, attention: str, dtype: torch.dtype) -> None:
    module = fresh(CONFIGS[name], attention).to(dtype).requires_grad_(False)  # type: ignore[arg-type]
    model, config = CausalModel(name, module, None), module.config  # type: ignore[arg-type]
    for rows, length in ((4, 16), (8, 48)):
        kept = kept_bytes(model, rows, length, False)
        assert 0.65 < activation_bytes(config, rows, length, dtype.itemsize, checkpointing=False) / kept < 2.6
        assert kept_bytes(model, rows, length, True) < 0.3 * kept


def test_by_hand() -> None:
    config = LlamaConfig(**SIZE, intermediate_size=100)
    config._attn_implementation = "eager"
    layer = 2 * 10 * (16 * 64 + 5 * 100) * 4 + 2 * 2 * 4 * 10**2 * 4
    logits = 3 * 2 * 500 * 4
    assert activation_bytes(config, 2, 10, 4, checkpointing=False) == 6 * layer + logits
    assert activation_bytes(config, 2, 10, 4, checkpointing=True) == layer + 6 * 2 * 10 * 64 * 4 + logits


@pytest.mark.parametrize("attention", ["eager", MOMENTUM])
def test_plain_attention_keeps_its_scores(attention: str) -> None:
    config = LlamaConfig(**SIZE, intermediate_size=100)
    config._attn_implementation = "sdpa"
    fused = activation_bytes(config, 2, 10, 4, checkpointing=False)
    config._attn_implementation = attention
    assert activation_bytes(config, 2, 10, 4, checkpointing=False) - fused == 6 * 2 * 2 * 4 * 10**2 * 4
    assert is_plain(attention)
    assert not any(is_plain(name) for name in ("sdpa", "flash_attention_2", None))


GD, ADAM = get_optimizer("gd"), get_optimizer("adam")


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        (8, {}),
        (16, {"optimizer": ADAM}),
        (32, {"optimizer": ADAM, "dtype": torch.float64}),
        (4, {"dtype": torch.bfloat16}),
        (8, {"dtype": torch.bfloat16, "rounding": "master"}),
        (6, {"dtype": torch.bfloat16, "micro_batches": 2}),
        (2, {"dtype": torch.bfloat16, "at_once": True}),
        (12, {"dtype": torch.bfloat16, "optimizer": ADAM}),
        (5, {"n_trained": 250}),
    ],
)
def test_bytes_a_weight(expected: int, arguments: dict[str, object]) -> None:
    settings = {"n_parameters": 1000, "n_trained": 1000, "dtype": torch.float32, "optimizer": GD, "activations": 7}
    assert gd_bytes(**{**settings, **arguments}) == 1000 * expected + 7  # type: ignore[arg-type]


def test_a_7b_model_in_bfloat16_fits_one_card() -> None:
    """As arithmetic: 13.5 GB of weights, and gradients one at a time."""
    with torch.device("meta"):
        parameters = list(fresh(LLAMA_7B, "sdpa").parameters())
    sizes = [parameter.numel() for parameter in parameters]
    assert sum(sizes) == 6_738_415_616
    activations = activation_bytes(LLAMA_7B, 8, 128, 2, checkpointing=False)
    peak = {
        at_once: gd_bytes(
            sum(sizes), sum(sizes), torch.bfloat16, GD, activations, at_once=at_once, largest=max(sizes)
        )
        for at_once in (True, False)
    }  # fmt: skip
    assert peak[True] < 24e9
    assert 27e9 < peak[False] < 40e9


def test_what_is_decided_by_size() -> None:
    plan = Plan()
    assert not plan.checkpoints(CONFIGS["llama"], 8, 64, 4)
    assert plan.checkpoints(LLAMA_7B, 32, 512, 2)
    assert not plan.updates_at_once(10**8)
    assert plan.updates_at_once(13 * 10**9)
    forced = Plan(checkpointing=True, at_once=False)
    assert forced.checkpoints(CONFIGS["llama"], 1, 1, 4)
    assert not forced.updates_at_once(13 * 10**9)
