"""Rounding float32 to bfloat16: to the nearest, or up or down by chance so that the mean is right."""

from typing import Literal

import torch

Rounding = Literal["stochastic", "master", "nearest"]
"""How the weights of a bfloat16 model are updated; a model in float32 or float64 is updated in its own precision.

stochastic: w <- SR(w - step), without bias, and no memory beyond the weights; the default. bfloat16 has 8 bits, so that
    a step below 2^-9 |w| never moves a weight that is rounded to the nearest, however many such steps there are.
master: w32 <- w32 - step in a float32 copy of the trained weights, and w <- nearest(w32): 4 more bytes a weight.
nearest: w <- nearest(w - step), for comparison alone: small steps are lost.

Measured against float32 from the same weights (benchmarks/precision.py: 794k weights, GD, rate 1e-3, 30 epochs):
answers are off by 0.11 of what training changed them with stochastic rounding and 0.10 with a master copy, as by
rounding the final weights once (0.11), but by 0.69 with rounding to the nearest. The weights themselves carry the noise
of stochastic rounding (0.77 of the way travelled, a master copy 0.30): where weights are measured, use `master`.
"""

DROPPED = 16
"""Low bits of a float32 that a bfloat16 of the same value lacks."""


def round_stochastically(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return values in bfloat16, each rounded to one of its two neighbours so that the expectation is the value.

    For neighbours a <= x <= b, P(b) = (x - a) / (b - a), exact: 16 random bits are added to the 16 bits that bfloat16
    drops, and what carries over rounds the magnitude up. Values of bfloat16, zeros, infinities and NaN stay what they
    are; above the largest finite bfloat16 the upper neighbour is infinity.

    Args:
        values: float32, on the generator's device.
        generator: where the random bits are drawn.
    """
    noise = torch.empty(values.shape, dtype=torch.int32, device=values.device)
    noise.random_(0, 1 << DROPPED, generator=generator)
    bits = noise.add_(values.contiguous().view(torch.int32)).bitwise_and_(-1 << DROPPED)
    rounded = bits.view(torch.float32).to(torch.bfloat16)
    return torch.where(values.isfinite(), rounded, values.to(torch.bfloat16))
