"""The paired decision rules: what they report, what they exclude, and how often they err."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.stats import (
    episodes_needed,
    mean_interval,
    one_sided,
    paired_equivalent,
    paired_greater,
)

ALPHA = 0.05
D = np.random.default_rng(7).normal(0.5, 1.0, size=10)


def greater(d: object, margin: float = 0.0, **options: float) -> Outcome:
    x = np.asarray(d, dtype=np.float64)
    return paired_greater(x, np.zeros_like(x), margin=margin, quantity="d", **options)  # type: ignore[arg-type]


def test_reports_estimate_interval_and_both_tests() -> None:
    b = np.random.default_rng(8).normal(size=10)
    found = paired_greater(D + b, b, margin=0.1, quantity="gain", minimum_effect=0.5, seed=4)
    assert (found.quantity, found.unit, found.threshold, found.n) == ("gain", "episode", 0.1, 10)
    assert found.estimate == pytest.approx(float(D.mean()), abs=1e-12)
    assert found.interval == pytest.approx(mean_interval(D, seed=4), abs=1e-9)
    assert (found.p_supported, found.p_refuted) == one_sided(D, 0.1, seed=4)
    assert found.planned == episodes_needed(float(D.std(ddof=1)), 0.5)
    assert (found.holds, found.undefined) == (None, "")
    assert "1024 sign flips" in found.method
    assert "BCa" in found.method


@settings(max_examples=30)
@given(st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=16), st.floats(-1.0, 1.0))
def test_support_and_refutation_exclude_each_other(d: list[float], margin: float) -> None:
    found = greater(d, margin, resamples=199)
    assert found.p_supported is not None
    assert found.p_refuted is not None
    assert found.p_supported + found.p_refuted >= 1.0
    if margin > 0.0:
        both = paired_equivalent(d, margin=margin, quantity="d", resamples=199)
        assert both.p_supported is not None
        assert both.p_refuted is not None
        assert max(both.p_supported, both.p_refuted) > ALPHA


@pytest.mark.parametrize(("d", "expected"), [(0.7, (2.0**-8, 1.0)), (0.2, (1.0, 2.0**-8)), (0.5, (1.0, 1.0))])
def test_constant_differences(d: float, expected: tuple[float, float]) -> None:
    found = greater([d] * 8, 0.5, minimum_effect=0.1)
    assert (found.p_supported, found.p_refuted) == expected
    assert found.interval == (found.estimate, found.estimate)
    assert found.planned == 5


def test_a_difference_that_is_only_rounding_supports_nothing() -> None:
    found = paired_greater([0.1 + 0.2] * 8, [0.3] * 8, margin=0.0, quantity="d")
    assert (found.p_supported, found.p_refuted) == (1.0, 1.0)


@pytest.mark.parametrize("rule", ["greater", "equivalent"])
@pytest.mark.parametrize(
    ("d", "why"),
    [([1.0], "at least 2"), ([], "at least 2"), ([1.0, math.nan], "not finite"), ([math.inf] * 3, "not")],
)
def test_no_verdict_without_data(rule: str, d: list[float], why: str) -> None:
    if rule == "greater":
        found = paired_greater(d, [0.0] * len(d), margin=0.1, quantity="d")
    else:
        found = paired_equivalent(d, margin=0.1, quantity="d")
    assert why in found.undefined
    assert (found.estimate, found.interval, found.p_supported, found.p_refuted) == (None, None, None, None)
    assert (found.threshold, found.n) == (0.1, len(d))


def test_guards() -> None:
    with pytest.raises(SettingsError, match="same episodes"):
        paired_greater([1.0, 2.0], [1.0], margin=0.0, quantity="d")
    with pytest.raises(SettingsError, match="per episode"):
        paired_greater([[1.0]], [[1.0]], margin=0.0, quantity="d")
    for margin in (math.nan, math.inf):
        with pytest.raises(SettingsError, match="margin"):
            greater(D, margin)
        with pytest.raises(SettingsError, match="margin"):
            paired_equivalent(D, margin=margin, quantity="d")
    for margin in (0.0, -0.1):
        assert greater(D, margin).undefined == ""
        with pytest.raises(SettingsError, match="distance > 0"):
            paired_equivalent(D, margin=margin, quantity="d")
    for effect in (0.0, -1.0, math.nan):
        with pytest.raises(SettingsError, match="minimum effect"):
            greater(D, minimum_effect=effect)
    assert greater(D).planned is None
    assert greater(D, minimum_effect=1e-12).planned is None


def test_equivalence_by_its_two_tests() -> None:
    d, margin = 0.2 * D - 0.1, 0.3
    found = paired_equivalent(d, margin=margin, quantity="d")
    (above_low, below_low), (above_high, below_high) = one_sided(d, -margin), one_sided(d, margin)
    assert found.p_supported == max(above_low, below_high)
    assert found.p_refuted == min(1.0, 2.0 * min(above_high, below_low))
    assert found.p_supported is not None
    assert found.p_supported <= ALPHA
    assert found.planned == max(5, episodes_needed(float(d.std(ddof=1)), margin, power=0.95))
    mirrored = paired_equivalent(-d, margin=margin, quantity="d")
    assert (mirrored.p_supported, mirrored.p_refuted) == (found.p_supported, found.p_refuted)


@pytest.mark.parametrize("centre", [0.0, 0.15, 0.25, 0.3, -0.28, 0.5])
def test_equivalence_agrees_with_students_two_tests_and_with_the_interval(centre: float) -> None:
    d = stats.norm.ppf((np.arange(60) + 0.5) / 60) * 0.4 + centre
    margin = 0.3
    found = paired_equivalent(d, margin=margin, quantity="d")
    student = max(
        stats.ttest_1samp(d, -margin, alternative="greater").pvalue,
        stats.ttest_1samp(d, margin, alternative="less").pvalue,
    )
    assert found.p_supported is not None
    assert found.p_supported == pytest.approx(student, abs=0.02)
    low, high = mean_interval(d, 0.9)  # TOST at 0.05 rejects where the 90% interval lies within the margins
    assert (found.p_supported <= ALPHA) == (-margin < low and high < margin)


@pytest.mark.parametrize("d", [[0.9, 1.1, 1.0, 1.2, 0.8, 1.3], [-0.9, -1.1, -1.0, -1.2, -0.8, -1.3]])
def test_equivalence_is_refuted_on_either_side(d: list[float]) -> None:
    found = paired_equivalent(d, margin=0.5, quantity="d")
    assert found.p_refuted == 2.0 * 2.0**-6
    assert found.p_supported == 1.0
    assert paired_equivalent([0.5] * 8, margin=0.5, quantity="d").p_supported == 1.0


def test_false_verdicts_at_the_boundary_are_as_rare_as_alpha_says() -> None:
    rng = np.random.default_rng(2024)
    supported = refuted = 0
    for _ in range(400):
        found = greater(rng.normal(0.3, 1.0, size=8), 0.3, resamples=256)
        assert found.p_supported is not None
        assert found.p_refuted is not None
        supported += found.p_supported <= ALPHA
        refuted += found.p_refuted <= ALPHA
    # exact level of the test: 12 / 256; a binomial(400, 12/256) lies in 6..35 with probability above 0.998
    assert 6 <= supported <= 35
    assert 6 <= refuted <= 35


def test_false_equivalence_at_the_boundary_is_rare() -> None:
    rng = np.random.default_rng(2025)
    supported = 0
    for _ in range(200):
        found = paired_equivalent(rng.normal(1.0, 1.0, size=8), margin=1.0, quantity="d", resamples=256)
        assert found.p_supported is not None
        supported += found.p_supported <= ALPHA
    assert supported <= 21


def test_the_episodes_said_to_be_needed_are_enough() -> None:
    rng = np.random.default_rng(2026)
    n = episodes_needed(sd=1.0, effect=1.0)
    found = [one_sided(rng.normal(1.0, 1.0, size=n), 0.0, resamples=499)[0] <= ALPHA for _ in range(200)]
    assert 0.82 <= np.mean(found) <= 0.97
