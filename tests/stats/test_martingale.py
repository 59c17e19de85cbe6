"""Statistics of the martingale property: hand values, and 0 on a Bayesian."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.stats.martingale import (
    BetaBernoulli,
    autocorrelation_changes,
    band,
    exchangeability_gap,
    half_difference,
    path_spread,
    two_step_gap,
    without_outlying_paths,
)
from iclgd_core.stats.martingale.bands import Band

UNIT = st.floats(0.0, 1.0)
COUNTS = st.floats(0.01, 100.0)


@given(UNIT, UNIT, UNIT)
def test_two_steps_and_exchangeability_are_one_number(p: float, zero: float, one: float) -> None:
    found = float(two_step_gap(p, zero, one))
    assert found == pytest.approx(float(exchangeability_gap(p, zero, one)), abs=1e-12)
    assert -1.0 <= found <= 1.0


@given(COUNTS, COUNTS, st.integers(0, 50), st.integers(0, 50))
def test_a_bayesian_has_no_gap(a: float, b: float, ones: int, zeros: int) -> None:
    now = BetaBernoulli(a, b).behind(ones, zeros)
    behind = [now.behind(z, 1 - z).next_is_one for z in (0, 1)]
    assert float(two_step_gap(now.next_is_one, *behind)) == pytest.approx(0.0, abs=1e-12)


def test_a_predictor_that_repeats_its_last_outcome_more_has_a_gap() -> None:
    """p(1 | D) = 0.3, and 0.9 for another of the last: one step gives 0.3, two steps 0.7 * 0.1 + 0.3 * 0.9 = 0.34."""
    assert float(two_step_gap(0.3, 0.1, 0.9)) == pytest.approx(0.04)


def test_halves() -> None:
    assert float(half_difference([[1.0, 0.0, 5.0, 0.0, 0.0]])) == 0.5, "the middle is left out"
    assert float(half_difference([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])) == 0.0
    with pytest.raises(SettingsError, match=r"length >= 2"):
        half_difference([[1.0]])


def test_autocorrelation_by_hand() -> None:
    """Of z = 1 1 0 1: E z^2 = 3/4; lag 1 products 1 0 0: 1/3; lag 2: 0 1: 1/2. acf: 4/9, 2/3."""
    np.testing.assert_allclose(autocorrelation_changes([[1.0, 1.0, 0.0, 1.0]], lags=2), [2.0 / 3.0 - 4.0 / 9.0])
    np.testing.assert_array_equal(autocorrelation_changes(np.zeros((3, 8)), lags=3), [0.0, 0.0])
    np.testing.assert_array_equal(autocorrelation_changes(np.ones((2, 3, 8)), lags=3), np.zeros((2, 2)))


@pytest.mark.parametrize(("length", "lags"), [(5, 5), (8, 1)])
def test_autocorrelation_needs_lags(length: int, lags: int) -> None:
    with pytest.raises(SettingsError):
        autocorrelation_changes(np.ones((2, length)), lags)


def test_spread_is_the_interquartile_range_of_path_means() -> None:
    paths = np.repeat(np.array([0.0, 0.25, 0.5, 0.75, 1.0])[:, None], 3, axis=1)
    assert float(path_spread(paths)) == 0.5


def test_outlying_paths_are_left_out() -> None:
    paths = np.concatenate([np.tile([0.0, 1.0], (9, 2)), np.ones((1, 4))])
    assert len(without_outlying_paths(paths)) == 9
    assert len(without_outlying_paths(paths[:9])) == 9


def test_paths_follow_the_posterior() -> None:
    drawn = BetaBernoulli(6.0, 2.0).paths(400, 8, 12, np.random.default_rng(0))
    assert drawn.shape == (400, 8, 12)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.75, abs=0.01)
    of_paths = drawn.mean(axis=-1).var()
    theta = 6.0 * 2.0 / (8.0**2 * 9.0)
    assert of_paths == pytest.approx(theta + (0.75 * 0.25 - theta) / 12.0, rel=0.1), "law of total variance"


def test_a_fractional_posterior_weighs_the_data() -> None:
    assert BetaBernoulli().behind(4, 2, 0.5) == BetaBernoulli(3.0, 2.0)
    assert BetaBernoulli().behind(4, 2).next_is_one == 5.0 / 8.0


@pytest.mark.parametrize("counts", [(0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_counts_are_positive(counts: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match=r"^a Beta distribution needs positive counts"):
        BetaBernoulli(*counts)


@pytest.mark.parametrize("statistic", [half_difference, autocorrelation_changes, path_spread])
def test_a_band_holds_a_bayesian_19_times_of_20(statistic: object) -> None:
    assert callable(statistic)
    rng, own = np.random.default_rng(1), BetaBernoulli(5.0, 9.0)
    held = [band(statistic, own, 16, 14, rng).holds(statistic(own.paths(1, 16, 14, rng)[0])).mean() for _ in range(150)]
    assert 0.9 <= np.mean(held) <= 1.0


def test_a_band_does_not_hold_what_drifts_or_spreads_too_much() -> None:
    rng, own = np.random.default_rng(2), BetaBernoulli(10.0, 10.0)
    drifting = np.tile(np.r_[np.ones(7), np.zeros(7)], (16, 1))
    apart = np.repeat(np.r_[np.ones(8), np.zeros(8)][:, None], 14, axis=1)
    assert not band(half_difference, own, 16, 14, rng).holds(half_difference(drifting))
    assert not band(path_spread, own, 16, 14, rng).holds(path_spread(apart))


def test_both_ends_are_inside() -> None:
    own = Band(np.array([0.0]), np.array([1.0]))
    assert [bool(own.holds(np.array([x]))[0]) for x in (-0.1, 0.0, 1.0, 1.1)] == [False, True, True, False]
