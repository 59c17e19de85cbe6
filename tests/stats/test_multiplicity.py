"""Holm's correction against the textbook and its properties."""

import math
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.stats import holm

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8)


def rejected_by_the_textbook(p_values: list[float], alpha: float) -> set[int]:
    """Step down through the ordered p-values and stop at the first that is not small enough."""
    out: set[int] = set()
    left = sorted(range(len(p_values)), key=lambda i: p_values[i])
    while left and p_values[left[0]] * len(left) <= alpha:
        out.add(left.pop(0))
    return out


def closed_testing(p_values: list[float]) -> list[float]:
    """Reject a hypothesis where Bonferroni's test rejects every set of hypotheses that contains it.

    The adjusted p-value of i is then the largest, over all those sets, of size times smallest p-value. Marcus, Peritz
    and Gabriel 1976, Biometrika 63.
    """
    members = range(len(p_values))
    sets = [s for size in range(1, len(p_values) + 1) for s in combinations(members, size)]
    return [min(1.0, max(len(s) * min(p_values[j] for j in s) for s in sets if i in s)) for i in members]


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_is_closed_testing_with_bonferronis_test(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(closed_testing(p_values), abs=1e-15)


def test_hand_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-15)
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@given(P_VALUES, st.floats(0.001, 0.999))
def test_rejects_what_the_textbook_rejects(p_values: list[float], alpha: float) -> None:
    adjusted = holm(p_values)
    assert {i for i, p in enumerate(adjusted) if p <= alpha} == rejected_by_the_textbook(p_values, alpha)


@given(P_VALUES, st.integers(0, 5))
def test_missing_members_count_as_one(p_values: list[float], missing: int) -> None:
    size = len(p_values) + missing
    assert holm(p_values, size) == holm(p_values + [1.0] * missing)[: len(p_values)]


@given(P_VALUES)
def test_range_order_and_ties(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for p, a in zip(p_values, adjusted, strict=True):
        assert p <= a <= min(1.0, len(p_values) * p)
        for q, b in zip(p_values, adjusted, strict=True):
            assert a <= b or q < p
            assert a == b or p != q


@given(P_VALUES, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(p_values: list[float], random: Random) -> None:
    order = random.sample(range(len(p_values)), len(p_values))
    assert holm([p_values[i] for i in order]) == [holm(p_values)[i] for i in order]


@given(P_VALUES, st.integers(0, 7), st.floats(0.0, 1.0))
def test_monotone_in_every_p_value(p_values: list[float], which: int, factor: float) -> None:
    smaller = list(p_values)
    smaller[which % len(p_values)] *= factor
    assert all(a <= b for a, b in zip(holm(smaller), holm(p_values), strict=True))


def test_guards() -> None:
    for bad in (-1e-9, 1.0 + 1e-9, math.nan, math.inf):
        with pytest.raises(SettingsError, match=r"\[0, 1\]"):
            holm([0.5, bad])
    assert holm([0.0, 1.0]) == [0.0, 1.0]
    with pytest.raises(SettingsError, match="family of 1"):
        holm([0.5, 0.5], family_size=1)
    assert holm([0.5, 0.25], family_size=2) == [0.5, 0.5]
