"""The estimate of memory a device, against sums by hand."""

import pytest
import torch
from transformers import LlamaConfig

from iclgd_core.devices import Skeleton, skeleton
from iclgd_core.learners.gd.optimizers import get_optimizer
from iclgd_core.learners.gd.sharded.memory import ALLOWANCE, sharded_bytes
from iclgd_core.models.language.projections import trained

OUTSIDE = 2 * 10 * 8 + 8
BLOCK = 4 * 8 * 8 + 3 * 8 * 16 + 2 * 8
"""Weights of four projections, an MLP of three matrices, two norms."""
WEIGHTS = OUTSIDE + 3 * BLOCK


def shape(dtype: torch.dtype) -> Skeleton:
    return skeleton(
        LlamaConfig(
            hidden_size=8, intermediate_size=16, num_hidden_layers=3, num_attention_heads=2, vocab_size=10,
            max_position_embeddings=32,
        ),
        dtype,
    )  # fmt: skip


def need(
    dtype: torch.dtype, part: str, optimizer: str, devices: int, tokens: int = 0, checkpointing: bool = False
) -> int:
    model = shape(dtype)
    names = trained(model.module, part)
    return sharded_bytes(model, names, get_optimizer(optimizer), devices, tokens, checkpointing)


@pytest.mark.parametrize(
    ("dtype", "part", "optimizer", "devices", "by_hand"),
    [
        (torch.bfloat16, "whole", "gd", 2, 8 * WEIGHTS // 2 + 2 * (OUTSIDE + 2 * BLOCK) + 6 * BLOCK),
        (torch.float32, "whole", "adam", 1, 16 * WEIGHTS + 4 * (OUTSIDE + 2 * BLOCK) + 8 * BLOCK),
        (torch.float64, "v_middle", "gd", 4, 8 * (WEIGHTS + 64) // 4 + 8 * (OUTSIDE + 2 * BLOCK) + 16 * 64),
    ],
)
def test_weights_gradients_and_state(dtype: torch.dtype, part: str, optimizer: str, devices: int, by_hand: int) -> None:
    assert sum(p.numel() for p in shape(dtype).module.parameters()) == WEIGHTS
    assert need(dtype, part, optimizer, devices) == round(by_hand * (1 + ALLOWANCE))


def test_tokens_cost_less_with_checkpointing() -> None:
    none, plain, again = (
        need(torch.float32, "whole", "gd", 2, tokens, checkpointing)
        for tokens, checkpointing in ((0, False), (100, False), (100, True))
    )
    assert none < again < plain
