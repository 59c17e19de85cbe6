"""Weights moved by one rounding: what two correct implementations may differ by before training has begun.

At high learning rates training amplifies it, until what is measured is rounding. A setting is stable where what a claim
reads of it hardly moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from iclgd_core.seeds import stream


@contextmanager
def nudged(module: torch.nn.Module, seed: int = 0) -> Iterator[None]:
    """Within the context each weight is the next number of its format above or below, at random; then as before.

    Args:
        module: whose weights are written in place.
        seed: of the directions, one stream for each weight tensor by its name.
    """
    weights = dict(module.named_parameters())
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    try:
        with torch.no_grad():
            for name, weight in weights.items():
                up = torch.from_numpy(stream(seed, "nudged", name).random(weight.shape) < 0.5).to(weight.device)
                weight.copy_(torch.nextafter(weight, torch.where(up, torch.inf, -torch.inf).to(weight.dtype)))
        yield
    finally:
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(before[name])
