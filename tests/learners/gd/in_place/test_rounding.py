"""Stochastic rounding to bfloat16: one of the two neighbours, without bias, exact values unchanged."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from iclgd_core.learners.gd.in_place.rounding import round_stochastically

DRAWS = 4096
SMALLEST = 2.0**-149
"""The smallest positive float32; the smallest positive bfloat16 is 2^-133."""
LARGEST = torch.finfo(torch.bfloat16).max
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def rounded(value: float, times: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return round_stochastically(torch.full((times,), value), generator)


def neighbours(value: float) -> tuple[float, float]:
    """Return the bfloat16 at or next towards zero, and the next away from it; found by the values alone."""
    size = abs(value)
    exponent = max(math.frexp(size)[1] - 1, -126) if size else -126
    unit = math.ldexp(1.0, exponent - 7)
    low = math.floor(size / unit) * unit
    high = low if low == size else low + unit
    if high > LARGEST:
        high = math.inf
    return math.copysign(low, value), math.copysign(high, value)


@given(finite)
@example(SMALLEST)
@example(-SMALLEST)
@example(1 + 2.0**-9)
@example(2.0**-127)
@example(float(np.finfo(np.float32).max))
@example(-float(np.finfo(np.float32).max))
def test_the_result_is_one_of_the_two_neighbours(value: float) -> None:
    found = set(rounded(value, 64).double().tolist())
    assert found <= set(neighbours(value))


@given(finite, st.integers(0, 2**32))
@example(2.0**-133 / 2, 0)
@example(-1.00390625 - 2.0**-10, 1)
def test_the_mean_is_the_value(value: float, seed: int) -> None:
    low, high = neighbours(value)
    if low == high or math.isinf(high):
        return
    share = float((rounded(value, DRAWS, seed).double() == high).double().mean())
    expected = (value - low) / (high - low)
    # six standard deviations of a share, and never less than what one draw changes
    assert abs(share - expected) <= 6 * math.sqrt(expected * (1 - expected) / DRAWS) + 1 / DRAWS


def test_the_mean_of_a_million_draws() -> None:
    """A value 3/16 of the way from 1 to the next bfloat16."""
    share = 3 / 16
    value = torch.full((2**20,), 1 + share * 2.0**-7)
    found = round_stochastically(value, torch.Generator().manual_seed(5)).double()
    assert set(found.tolist()) == {1.0, 1 + 2.0**-7}
    assert float(found.mean()) == pytest.approx(1 + share * 2.0**-7, abs=6 * 2.0**-7 * math.sqrt(share / 2**20))


def test_every_bfloat16_stays_what_it_is() -> None:
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    found = round_stochastically(every.float(), torch.Generator().manual_seed(0))
    number = ~every.isnan()
    assert torch.equal(found.view(torch.int16)[number], every.view(torch.int16)[number]), "signs of zero included"
    assert bool(found.isnan()[~number].all())
    assert int(number.sum()) == 2**16 - 2 * 127


def test_not_a_number_stays_so_whatever_its_bits() -> None:
    bits = torch.tensor([0x7F800001, 0x7FFFFFFF, -1, -0x7FFFFF], dtype=torch.int32)
    for seed in range(8):
        assert bool(round_stochastically(bits.view(torch.float32), torch.Generator().manual_seed(seed)).isnan().all())


def test_above_the_largest_bfloat16_the_neighbour_is_infinity() -> None:
    halfway = LARGEST * (1 + 2.0**-9)
    assert halfway < np.finfo(np.float32).max
    for sign in (1, -1):
        found = set(rounded(sign * halfway, 64).double().tolist())
        assert found == {sign * LARGEST, sign * math.inf}


def test_the_same_seed_rounds_alike_and_another_differently() -> None:
    values = torch.linspace(0.1, 1.1, 999)
    first, again, other = (round_stochastically(values, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
