"""The bootstrap-t test, and the pair of tests that the rules use."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.stats import bootstrap_t, one_sided, sign_flip

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
