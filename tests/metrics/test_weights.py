"""Sparsity and drift of weights."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import relative_change, relative_sparsity, required_sparsity, sparsity_ratio

VALUES = st.lists(st.floats(-1e3, 1e3, allow_subnormal=False), min_size=1, max_size=12)
DELTAS = st.floats(1e-6, 1e2)


@given(VALUES, DELTAS)
def test_sparsity_agrees_with_a_count(w: list[float], delta: float) -> None:
    assert sparsity_ratio(w, delta) == sum(abs(x) < delta for x in w) / len(w)


@given(VALUES, DELTAS, DELTAS)
def test_sparsity_grows_with_the_threshold(w: list[float], first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0.0 <= sparsity_ratio(w, low) <= sparsity_ratio(w, high) <= 1.0


def test_the_threshold_itself_is_not_below_it() -> None:
    assert sparsity_ratio([0.5, -0.5, 0.25], 0.5) == 1 / 3


@given(VALUES, DELTAS, st.integers(-300, 300))
def test_relative_sparsity_does_not_see_the_scale(w: list[float], delta: float, power: int) -> None:
    assume(any(abs(x) > 1e-3 for x in w))
    scaled = [math.ldexp(x, power) for x in w]
    assert relative_sparsity(scaled, delta) == relative_sparsity(w, delta)


def test_relative_sparsity_by_hand() -> None:
    assert relative_sparsity([[1.0, 7.0], [5.0, 5.0]], 1.0) == 0.25
    assert relative_sparsity([[1.0, 7.0], [5.0, 5.0]], 1.01) == 0.75


@pytest.mark.parametrize(
    ("side", "name", "percent"),
    [
        (8192, "W_K", 99.99390),
        (8192, "W_Q", 99.99390),
        (8192, "W_V", 74.99390),
        (8192, "W_V_zero", 99.99390),
        (8192, "P", 99.98779),
        (4096, "W_K", 99.98779),
        (4096, "W_Q", 99.98779),
        (4096, "W_V", 74.98779),
        (4096, "P", 99.97559),
    ],
)
def test_required_sparsity_of_known_sides(side: int, name: str, percent: float) -> None:
    assert round(100.0 * required_sparsity(side)[name], 5) == percent


@pytest.mark.parametrize("n", [1, 2, 5])
def test_required_sparsity_is_that_of_the_construction_itself(n: int) -> None:
    eye, zero = np.eye(n), np.zeros((n, n))
    dense = np.ones((n, n))
    key = np.block([[eye, zero], [zero, zero]])
    built = {
        "W_K": key,
        "W_Q": key,
        "W_V": np.block([[zero, zero], [dense, -eye]]),
        "W_V_zero": np.block([[zero, zero], [zero, -eye]]),
        "P": np.eye(2 * n) / 7.0,
    }
    expected = required_sparsity(2 * n)
    assert expected.keys() == built.keys()
    for name, matrix in built.items():
        assert sparsity_ratio(matrix, 1e-9) == pytest.approx(expected[name], abs=1e-15)


def test_sparsity_guards() -> None:
    for measure in (sparsity_ratio, relative_sparsity):
        for bad in ([], [np.nan, 1.0], [np.inf]):
            with pytest.raises(SettingsError, match="finite weights"):
                measure(bad, 0.1)
        for delta in (0.0, -1.0, math.nan, math.inf):
            with pytest.raises(SettingsError, match="positive number"):
                measure([1.0], delta)
    with pytest.raises(SettingsError, match="undefined"):
        relative_sparsity([0.0, 0.0], 0.1)
    assert sparsity_ratio([0.0, 0.0], 0.1) == 1.0
    for side in (3, 0, -2):
        with pytest.raises(SettingsError, match="even"):
            required_sparsity(side)
    assert required_sparsity(2)["W_V"] == 0.5


@given(VALUES, st.floats(0.01, 10.0))
def test_drift_agrees_with_a_plain_loop(w: list[float], factor: float) -> None:
    assume(any(abs(x) > 1e-3 for x in w))
    half = len(w) // 2
    a = {"x": np.array(w[:half]), "y": np.array([w[half:]])}
    b = {name: factor * value for name, value in a.items()}
    moved = math.sqrt(math.fsum((x - factor * x) ** 2 for x in w))
    expected = moved / math.sqrt(math.fsum(x**2 for x in w))
    assert relative_change(a, b) == pytest.approx(expected, abs=1e-9)
    assert relative_change(a, a) == 0.0
    assert relative_change(a, {name: 0.0 * value for name, value in a.items()}) == 1.0


def test_drift_guards() -> None:
    a = {"x": np.ones(2)}
    with pytest.raises(SettingsError, match="same parameters"):
        relative_change(a, {"y": np.ones(2)})
    with pytest.raises(SettingsError, match="shape"):
        relative_change(a, {"x": np.ones(3)})
    with pytest.raises(SettingsError, match="NaN"):
        relative_change(a, {"x": np.array([1.0, np.nan])})
    with pytest.raises(SettingsError, match="undefined"):
        relative_change({"x": np.zeros(2)}, a)
    with pytest.raises(SettingsError, match="undefined"):
        relative_change({}, {})
