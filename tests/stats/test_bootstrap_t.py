"""The bootstrap-t test, and the pair of tests that the rules use."""

import sys
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.stats import (
    bootstrap_t,
    one_sided,
    paired_greater,
    sign_flip,
)
from iclgd_core.stats.bootstrap_t import farthest_t

VALUES = st.lists(st.floats(-10.0, 10.0).map(lambda v: round(v, 3)), min_size=2, max_size=12)


def plain(d: list[float], margin: float, resamples: int = 4000) -> tuple[float, float]:
    """The definition, one resample at a time, with resamples of its own."""
    rng, x = np.random.default_rng(11), np.array(d)
    t = (x.mean() - margin) / stats.sem(x)
    star = []
    for _ in range(resamples):
        drawn = rng.choice(x, len(x))
        difference, error = drawn.mean() - x.mean(), stats.sem(drawn)
        star.append(
            difference / error if error > 1e-12 else np.sign(round(difference, 12)) * np.inf if difference else 0.0
        )
    above, below = np.sum(np.array(star) >= t - 1e-9), np.sum(np.array(star) <= t + 1e-9)
    return (1 + above) / (1 + resamples), (1 + below) / (1 + resamples)


@pytest.mark.parametrize("d", [[0.1, 0.5, 0.9, 0.2, 0.4, 1.6], [-1.0, 2.0, 0.5, 0.25, 3.0, -0.5, 1.0, 0.75]])
@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_follows_the_definition(d: list[float], margin: float) -> None:
    for mine, other in zip(bootstrap_t(d, margin), plain(d, margin), strict=True):
        assert mine == pytest.approx(other, abs=0.035)


def test_is_near_students_test_for_many_normal_differences() -> None:
    d = np.random.default_rng(3).normal(0.15, 1.0, size=200)
    expected = stats.ttest_1samp(d, 0.0, alternative="greater").pvalue
    assert bootstrap_t(d, 0.0)[0] == pytest.approx(expected, abs=0.012)


@settings(max_examples=60)
@given(VALUES, st.floats(-2.0, 2.0).map(lambda margin: round(margin, 6)), st.floats(0.1, 100.0), st.floats(-5.0, 5.0))
def test_shift_scale_and_sign(d: list[float], margin: float, factor: float, shift: float) -> None:
    x = np.array(d)
    greater, less = bootstrap_t(x, margin, resamples=199)
    assert 0.0 <= greater <= 1.0
    assert 0.0 <= less <= 1.0
    assert greater + less >= 1.0
    np.testing.assert_allclose(
        bootstrap_t(factor * x + shift, factor * margin + shift, magnitude=1e3, resamples=199),
        (greater, less),
        atol=0.02,
    )
    np.testing.assert_allclose(bootstrap_t(-x, -margin, resamples=199), (less, greater), atol=1e-12)


def test_constants_leave_the_decision_to_the_sign_flips() -> None:
    assert bootstrap_t([0.3] * 7, 0.1) == (0.0, 1.0)
    assert bootstrap_t([0.1 + 0.2] * 7, 0.3) == (1.0, 1.0)
    assert bootstrap_t([0.3] * 7, 0.5) == (1.0, 0.0)
    assert one_sided([0.3] * 7, 0.1) == sign_flip([0.3] * 7, 0.1)


ONE_OUTLIER = [0.0] * 59 + [1.0]
"""Mean 1/60 and standard error 1/60, both exactly."""


def test_the_farthest_t_by_hand() -> None:
    """(2 + T) exp(-1 - T) = 1e-4 at T = 10.756: 12.756 * 7.84e-6."""
    assert farthest_t(9999) == pytest.approx(10.756, abs=1e-3)
    assert stats.poisson.cdf(1, 1.0 + farthest_t(9999)) == pytest.approx(1e-4)
    assert farthest_t(99) < farthest_t(999) < farthest_t(9999)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_resamples_without_the_only_outlier_count_as_far_as_skewness_reaches(sign: float) -> None:
    """Their share is (59/60)^60 = 0.365. At t = -10 they count, at t = -11 they do not: see `farthest_t`."""
    d, missing = sign * np.array(ONE_OUTLIER), (59 / 60) ** 60

    def beyond(t: float) -> float:
        greater, less = bootstrap_t(d, sign * (1.0 - t) / 60.0)
        return less if sign > 0.0 else greater

    assert beyond(-10.0) == pytest.approx(missing, abs=0.02)
    assert beyond(-10.75) == pytest.approx(missing, abs=0.02)
    assert beyond(-10.77) == beyond(-1e6) == 1e-4
    assert beyond(10.0) == 1.0


def test_values_far_on_one_side_of_the_bound_are_supported_although_one_carries_all_the_spread() -> None:
    """Sixty values within 2.5e-5 of 0, a bound of -0.01, and a bound so near that the outlier could reach it."""
    d = np.append(1e-8 * np.random.default_rng(4).normal(size=59), -2.5e-5)
    assert paired_greater(d, np.zeros(60), margin=-0.01, quantity="d").p_supported == pytest.approx(1e-4)
    near = paired_greater(d, np.zeros(60), margin=-4e-6, quantity="d").p_supported
    assert near == pytest.approx((59 / 60) ** 60, abs=0.02)


@settings(max_examples=60)
@given(VALUES, st.floats(-30.0, 30.0))
def test_only_p_values_beyond_the_farthest_t_depend_on_it(d: list[float], t: float) -> None:
    x = np.array(d)
    error = x.std(ddof=1) / np.sqrt(len(x))
    if error < 1e-6:
        return
    margin = float(x.mean() - t * error)
    bounded, plain = bootstrap_t(x, margin, resamples=199), bootstrap_t_unbounded(x, margin)
    if abs(t) < farthest_t(199) * (1.0 - 1e-6):
        assert bounded == plain
    assert min(bounded) <= min(plain)
    assert sum(bounded) >= 1.0
    if abs(t) > farthest_t(199) * (1.0 + 1e-6):
        assert min(bounded) == 1 / 200


def bootstrap_t_unbounded(x: NDArray[np.float64], margin: float) -> tuple[float, float]:
    """As the test was: t* of a resample grows without bound as its spread goes to 0."""
    with patch.object(sys.modules[bootstrap_t.__module__], "farthest_t", lambda resamples: np.inf):
        return bootstrap_t(x, margin, resamples=199)


@pytest.mark.parametrize("d", [[1.0], [], [1.0, float("nan")], [[1.0, 2.0]]])
def test_refuses_what_has_no_test(d: list[float]) -> None:
    with pytest.raises(SettingsError):
        bootstrap_t(d, 0.0)


def test_refuses_margin_and_resamples_out_of_range() -> None:
    with pytest.raises(SettingsError, match="finite margin"):
        bootstrap_t([1.0, 2.0], float("inf"))
    with pytest.raises(SettingsError, match="1 resample"):
        bootstrap_t([1.0, 2.0], 0.0, resamples=0)


@given(VALUES, st.floats(-2.0, 2.0))
@settings(max_examples=40)
def test_the_pair_is_the_larger_of_the_two(d: list[float], margin: float) -> None:
    both = one_sided(d, margin, seed=2, resamples=99)
    flips, boot = sign_flip(d, margin, seed=2, resamples=99), bootstrap_t(d, margin, seed=2, resamples=99)
    assert both == (max(flips[0], boot[0]), max(flips[1], boot[1]))
    assert sum(both) >= 1.0


def test_the_pair_keeps_the_level_where_one_of_them_does_not() -> None:
    """Skewed differences at the boundary: sign flips alone refute too often, the pair does not."""
    rng, alone, pair, studies, level = np.random.default_rng(8), 0, 0, 1000, 0.01
    for _ in range(studies):
        d = rng.exponential(size=40) - 1.0
        alone += sign_flip(d, 0.0, resamples=399)[1] <= level
        pair += one_sided(d, 0.0, resamples=399)[1] <= level
    rate_alone, rate_pair = (stats.binomtest(hits, studies).proportion_ci(0.99) for hits in (alone, pair))
    assert rate_alone.low > level
    assert rate_pair.low <= level
