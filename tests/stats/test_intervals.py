"""Bootstrap intervals: degenerate data, equivariance, coverage, guards."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.stats import mean_interval, ratio_interval
from iclgd_core.stats.intervals import FEWEST_RESAMPLES, SMALLEST_TAIL, expanded_tail

X = np.random.default_rng(3).gamma(2.0, size=15)
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10)


@pytest.mark.parametrize("x", [X, -X, np.round(X), np.random.default_rng(4).standard_t(3, size=40)], ids=str)
def test_is_the_wider_of_two_of_scipys_at_the_width_of_student(x: np.ndarray) -> None:
    n = len(x)
    level = 1.0 - 2.0 * stats.norm.sf(math.sqrt(n / (n - 1)) * stats.t.isf(0.025, n - 1))
    ends = np.array(
        [
            stats.bootstrap(
                (x,), np.mean, method=method, n_resamples=20000, confidence_level=level, rng=np.random.default_rng(0)
            ).confidence_interval
            for method in ("BCa", "percentile")
        ]
    )
    tolerance = 0.1 * float(x.std())
    assert mean_interval(x) == pytest.approx((ends[:, 0].min(), ends[:, 1].max()), abs=tolerance)


@pytest.mark.parametrize(("n", "tail"), [(12, 0.0108), (24, 0.0173), (96, 0.0230), (10**6, 0.025)])
def test_expanded_tails_by_hand(n: int, tail: float) -> None:
    assert expanded_tail(0.95, n) == pytest.approx(tail, abs=1e-4)
    assert expanded_tail(0.95, 2) == SMALLEST_TAIL


@pytest.mark.parametrize("n", [8, 15, 60])
def test_of_normal_data_it_is_as_wide_as_students(n: int) -> None:
    x = stats.norm.ppf((np.arange(n) + 0.5) / n)  # as normal as n numbers can be
    low, high = mean_interval(x)
    half = stats.t.isf(0.025, n - 1) * x.std(ddof=1) / math.sqrt(n)
    assert (low, high) == pytest.approx((-half, half), rel=0.04)


def test_an_end_that_ties_with_a_value_is_not_moved_past_it_by_rounding() -> None:
    low, high = mean_interval([0.0] * 11 + [2.3])
    assert low == 0.0 < high
    low, high = mean_interval([0.3 - 2.0] + [0.3] * 30 + [0.3 + 2.0])
    assert low < 0.3 < high


@settings(max_examples=40)
@given(VALUES)
def test_lies_within_the_data_whatever_they_are(x: list[float]) -> None:
    low, high = mean_interval(x, resamples=199)
    assert min(x) - 1e-9 <= low <= high <= max(x) + 1e-9


@settings(max_examples=15)
@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_follows_scale_and_shift(scale: float, shift: float) -> None:
    low, high = mean_interval(X, resamples=499)
    expected = (scale * low + shift, scale * high + shift)
    assert mean_interval(scale * X + shift, resamples=499) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("x", [[0.1, 0.1, 0.1], [0.0, 0.0], [1e300, 1e300], [-5.0] * 30])
def test_constant_data_give_their_value_twice(x: list[float]) -> None:
    assert mean_interval(x) == pytest.approx((x[0], x[0]), rel=1e-15)


def test_rounding_is_no_variation_and_tiny_variation_is() -> None:
    low, high = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert low == high
    low, high = mean_interval([1e-300, 2e-300, 3e-300, 4e-300])
    assert 1e-300 <= low < high <= 4e-300


@pytest.mark.parametrize("unit", [0.1, 0.3, 1.0, 0.7])
def test_ties_do_not_depend_on_the_order_of_summation(unit: float) -> None:
    x = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    low, high = mean_interval(x)
    assert mean_interval(unit * x + unit) == pytest.approx((unit * low + unit, unit * high + unit), abs=1e-9)


def test_seed_and_level() -> None:
    assert mean_interval(X, seed=1) == mean_interval(X, seed=1)
    assert mean_interval(X, seed=1) != mean_interval(X, seed=2)
    wide, narrow = mean_interval(X, 0.99), mean_interval(X, 0.8)
    assert wide[0] < narrow[0] < X.mean() < narrow[1] < wide[1]


def test_coverage_of_a_normal_mean() -> None:
    rng = np.random.default_rng(11)
    studies = 300
    hits = 0
    for i in range(studies):
        low, high = mean_interval(rng.normal(size=20), seed=i, resamples=499)
        hits += low <= 0.0 <= high
    assert 0.88 * studies <= hits <= 0.985 * studies


def test_ratio_recovers_a_constant_ratio_and_brackets_a_noisy_one() -> None:
    assert ratio_interval(3.0 * X, X) == pytest.approx((3.0, 3.0), abs=1e-12)
    noisy = 3.0 * X + np.random.default_rng(4).normal(size=15)
    found = ratio_interval(noisy, X)
    assert found is not None
    assert found[0] < noisy.mean() / X.mean() < found[1]
    assert ratio_interval(noisy, X, seed=0) == found


def test_ratio_does_not_see_scale_and_sign_of_both() -> None:
    noisy = X + np.random.default_rng(4).normal(size=15)
    found = ratio_interval(noisy, X)
    assert ratio_interval(-5.0 * noisy, -5.0 * X) == pytest.approx(found, abs=1e-12)


def test_ratio_agrees_with_its_definition_in_a_plain_loop() -> None:
    noisy = X + np.random.default_rng(4).normal(size=15)
    rng = np.random.default_rng(9)
    ratios = []
    for _ in range(2000):
        i = rng.integers(0, 15, size=15)
        ratios.append(noisy[i].mean() / X[i].mean())
    found, tail = ratio_interval(noisy, X), expanded_tail(0.95, 15)
    assert found == pytest.approx((np.quantile(ratios, tail), np.quantile(ratios, 1.0 - tail)), abs=0.08)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_very_small_and_very_large_values_change_nothing(size: float) -> None:
    noisy = X + np.random.default_rng(4).normal(size=15)
    assert ratio_interval(size * noisy, size * X) == pytest.approx(ratio_interval(noisy, X), rel=1e-9)
    low, high = mean_interval(X)
    assert mean_interval(size * X) == pytest.approx((size * low, size * high), rel=1e-9)
    assert mean_interval([1.1e308, 1.2e308, 1.3e308])[1] <= 1.3e308


@pytest.mark.parametrize("denominator", [[1.0, -1.0, 2.0, -1.5], [0.0] * 4, [0.3, -0.1, -0.2, 1e-17]])
def test_ratio_is_undefined_where_the_denominator_may_be_zero(denominator: list[float]) -> None:
    assert ratio_interval([1.0, 2.0, 3.0, 4.0], denominator) is None


def test_a_few_unstable_resamples_widen_the_ratio_but_leave_it_defined() -> None:
    denominator = [-1.5] + [1.0] * 11  # 5 or more draws of the first in 12 with probability 0.0024, 4 with 0.014
    found = ratio_interval([1.0] * 12, denominator)
    assert found is not None
    assert found[0] == 1.0
    assert found[1] == pytest.approx(6.0)
    assert ratio_interval([1.0] * 12, denominator, 0.99) is None


def test_guards() -> None:
    for level in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(SettingsError, match="level"):
            mean_interval(X, level)
        with pytest.raises(SettingsError, match="level"):
            ratio_interval(X, X, level)
    for x in ([], [1.0]):
        with pytest.raises(SettingsError, match="at least 2 episodes"):
            mean_interval(x)
        with pytest.raises(SettingsError, match="at least 2 episodes"):
            ratio_interval(x, x)
    with pytest.raises(SettingsError, match="finite"):
        mean_interval([1.0, math.nan])
    with pytest.raises(SettingsError, match="finite"):
        ratio_interval([1.0, 2.0], [1.0, math.inf])
    with pytest.raises(SettingsError, match="per episode"):
        mean_interval([[1.0, 2.0]])
    for resamples in (0, 1, FEWEST_RESAMPLES - 1):
        with pytest.raises(SettingsError, match="at least 99 resamples"):
            mean_interval(X, resamples=resamples)
        with pytest.raises(SettingsError, match="at least 99 resamples"):
            ratio_interval(X, X, resamples=resamples)
    low, high = mean_interval([0.0, 0.0, 0.0, 5.0], resamples=FEWEST_RESAMPLES)
    assert 0.0 <= low < high <= 5.0
    with pytest.raises(SettingsError, match="same episodes"):
        ratio_interval([1.0, 2.0], [1.0, 2.0, 3.0])
