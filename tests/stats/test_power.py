"""Power against simulation, tables and its own inverse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.stats import episodes_needed, minimum_detectable_effect
from iclgd_core.stats.power import power_of


@pytest.mark.parametrize(("n", "effect"), [(2, 3.0), (6, 1.0), (25, 0.5)])
def test_power_agrees_with_simulation(n: int, effect: float) -> None:
    x = np.random.default_rng(n).normal(effect, 1.0, size=(20000, n))
    t = x.mean(axis=1) / (x.std(axis=1, ddof=1) / math.sqrt(n))
    assert float((t > stats.t.isf(0.05, n - 1)).mean()) == pytest.approx(power_of(n, effect), abs=0.014)


@pytest.mark.parametrize(("sd", "effect", "alpha"), [(0.3, 0.1, 0.05), (0.07, 0.04, 0.01), (1.0, 0.9, 0.05 / 12)])
def test_numbers_and_effects_agree_with_scipys_power_by_simulation(sd: float, effect: float, alpha: float) -> None:
    rng = np.random.default_rng(9)

    def p_value(x: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray(stats.ttest_1samp(x, 0.0, axis=axis, alternative="greater").pvalue)

    def simulated(n: int, mean: float) -> float:
        def draw(size: tuple[int, ...]) -> NDArray[np.float64]:
            return rng.normal(mean, sd, size=size)

        return float(
            stats.power(p_value, draw, np.array([n]), significance=alpha, vectorized=True, n_resamples=10000).power[0]
        )

    n = episodes_needed(sd, effect, alpha)
    assert simulated(n, effect) > 0.885
    assert simulated(n - 2, effect) < 0.905
    assert simulated(n, minimum_detectable_effect(sd, n, alpha)) == pytest.approx(0.9, abs=0.014)


def test_power_without_an_effect_is_the_level() -> None:
    assert power_of(9, 0.0, 0.05) == pytest.approx(0.05, abs=1e-9)


@given(st.floats(0.2, 50.0), st.floats(0.5, 0.99))
def test_the_number_is_the_smallest_that_is_enough(ratio: float, power: float) -> None:
    n = episodes_needed(sd=1.0, effect=ratio, power=power)
    assert n >= 2
    assert power_of(n, ratio) >= power
    assert n == 2 or power_of(n - 1, ratio) < power


@given(st.floats(0.01, 100.0), st.integers(2, 200))
def test_effect_and_number_are_inverse(sd: float, n: int) -> None:
    effect = minimum_detectable_effect(sd, n)
    assert power_of(n, effect / sd) == pytest.approx(0.9, abs=1e-9)
    assert episodes_needed(sd, effect * (1.0 + 1e-9)) <= n
    assert episodes_needed(sd, effect * 0.999) >= n


def test_more_noise_needs_more_and_the_unit_does_not_matter() -> None:
    needed = [episodes_needed(sd, 0.5) for sd in (0.1, 0.5, 1.0, 5.0)]
    assert needed == sorted(needed)
    assert episodes_needed(3e-5, 1e-5) == episodes_needed(3.0, 1.0)
    normal = ((stats.norm.isf(0.05) + stats.norm.isf(0.1)) / 0.001) ** 2
    assert episodes_needed(1.0, 0.001) == pytest.approx(normal, rel=1e-5)


def test_degenerate_and_extreme() -> None:
    assert episodes_needed(0.0, 0.1) == 2
    assert episodes_needed(1e-300, 1e300) == 2
    assert minimum_detectable_effect(0.0, 5) == 0.0
    assert episodes_needed(1.0, 1e-6) > 10**12


def test_guards() -> None:
    for sd in (-1.0, math.nan, math.inf):
        with pytest.raises(SettingsError, match="standard deviation"):
            episodes_needed(sd, 1.0)
        with pytest.raises(SettingsError, match="standard deviation"):
            minimum_detectable_effect(sd, 5)
    for effect in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(SettingsError, match="distance > 0"):
            episodes_needed(1.0, effect)
    with pytest.raises(SettingsError, match="larger one"):
        episodes_needed(1.0, 1e-10)
    for alpha, power in ((0.0, 0.9), (0.05, 1.0), (0.9, 0.9), (math.nan, 0.9)):
        with pytest.raises(SettingsError, match="alpha < power"):
            episodes_needed(1.0, 1.0, alpha, power)
        with pytest.raises(SettingsError, match="alpha < power"):
            minimum_detectable_effect(1.0, 5, alpha, power)
    with pytest.raises(SettingsError, match="at least 2"):
        minimum_detectable_effect(1.0, 1)
    assert minimum_detectable_effect(1.0, 2) > 1.0
