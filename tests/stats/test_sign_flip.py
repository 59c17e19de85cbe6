"""The sign-flip test against enumeration."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.stats import sign_flip

INTEGERS = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=8)


def enumerated(d: list[float], margin: float) -> tuple[float, float]:
    x = [value - margin for value in d]
    sums = [sum(s * v for s, v in zip(signs, x, strict=True)) for signs in product((1, -1), repeat=len(x))]
    greater = sum(total >= sum(x) for total in sums) / len(sums)
    return greater, sum(total <= sum(x) for total in sums) / len(sums)


@settings(max_examples=60)
@given(INTEGERS, st.integers(-3, 3))
def test_exact_p_values_are_those_of_enumeration(d: list[float], margin: int) -> None:
    assert sign_flip(d, margin) == pytest.approx(enumerated(d, margin), abs=1e-12)


@settings(max_examples=30)
@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20), st.integers(0, 5))
def test_the_two_p_values_exclude_each_other(d: list[float], seed: int) -> None:
    greater, less = sign_flip(d, 0.0, seed=seed, resamples=299)
    assert 0.0 < greater <= 1.0
    assert 0.0 < less <= 1.0
    assert greater + less >= 1.0


@settings(max_examples=30)
@given(INTEGERS, st.integers(-3, 3), st.integers(-200, 200))
def test_mirror_and_scale(d: list[float], margin: int, power: int) -> None:
    greater, less = sign_flip(d, margin)
    assert sign_flip([-x for x in d], -margin) == (less, greater)
    scale = 2.0**power
    assert sign_flip([scale * x for x in d], scale * margin) == (greater, less)


@pytest.mark.parametrize("n", [1, 2, 8, 13, 14, 40])
def test_constant_differences_have_the_closed_form(n: int) -> None:
    assert sign_flip([0.7] * n, 0.2) == (2.0**-n, 1.0)
    assert sign_flip([0.2] * n, 0.7) == (1.0, 2.0**-n)
    assert sign_flip([0.7] * n, 0.7) == (1.0, 1.0)


def test_rounding_is_no_difference() -> None:
    assert sign_flip([0.1 + 0.2] * 8, 0.3) == (1.0, 1.0)
    assert sign_flip([1e-14] * 8, 0.0, magnitude=1.0) == (1.0, 1.0)
    assert sign_flip([1e-14] * 8, 0.0) == (2.0**-8, 1.0)


def test_random_flips_come_near_the_exact_p_value_and_count_the_data_themselves() -> None:
    d = np.random.default_rng(1).normal(0.4, 1.0, size=12)
    exact, _ = sign_flip(d, 0.0)
    found, _ = sign_flip(d, 0.0, resamples=3999)
    assert found == pytest.approx(exact, abs=4.0 * math.sqrt(exact / 3999))
    assert round(found * 4000) == pytest.approx(found * 4000, abs=1e-6)
    strong, _ = sign_flip(np.linspace(1.0, 2.0, 60), 0.0, resamples=499)
    assert strong == 1 / 500
    assert sign_flip(d, 0.0, seed=3, resamples=99) == sign_flip(d, 0.0, seed=3, resamples=99)


def test_guards() -> None:
    with pytest.raises(SettingsError, match="finite values"):
        sign_flip([1.0, math.nan], 0.0)
    with pytest.raises(SettingsError, match="margin"):
        sign_flip([1.0], math.inf)
    with pytest.raises(SettingsError, match="needs episodes"):
        sign_flip([], 0.0)
    with pytest.raises(SettingsError, match="resamples"):
        sign_flip([1.0], 0.0, resamples=0)
    assert sign_flip([1.0, 2.0], 0.0, resamples=1)[0] in (0.5, 1.0)
