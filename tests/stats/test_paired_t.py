"""The t test over few units against SciPy, by hand, and where it has nothing to judge by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.stats import paired_t

NUMBERS = st.floats(-100, 100).map(lambda x: round(x, 3))


@given(d=st.lists(NUMBERS, min_size=2, max_size=6, unique=True), margin=st.sampled_from([-1.0, 0.0, 2.5]))
def test_against_scipy(d: list[float], margin: float) -> None:
    found = paired_t(d, margin=margin, quantity="difference", unit="seed")
    greater = stats.ttest_1samp(d, margin, alternative="greater")
    assert found.p_supported == pytest.approx(greater.pvalue, abs=1e-12)
    assert found.p_supported is not None
    assert found.p_refuted == pytest.approx(1 - found.p_supported, abs=1e-12)
    interval = stats.ttest_1samp(d, 0.0).confidence_interval(0.95)
    assert found.interval == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert found.estimate == pytest.approx(float(np.mean(d)))
    assert (found.n, found.unit) == (len(d), "seed")


def test_three_seeds_can_decide_either_way_and_say_how_many_agree() -> None:
    up = paired_t([1.0, 1.1, 0.9], margin=0.0, quantity="d", unit="seed", minimum_effect=0.5)
    down = paired_t([-1.0, -1.1, -0.9], margin=0.0, quantity="d", unit="seed")
    mixed = paired_t([1.0, -1.1, 0.9], margin=0.0, quantity="d", unit="seed")
    assert (up.p_supported or 1) < 0.05 < (mixed.p_supported or 0)
    assert (down.p_refuted or 1) < 0.05 < (mixed.p_refuted or 0)
    assert "3 of 3 beyond the margin" in up.method
    assert "2 of 3" in mixed.method
    assert up.planned is not None
    assert (up.kind, up.margin, up.minimum_effect) == ("greater, t", 0.0, 0.5)


@pytest.mark.parametrize(
    ("d", "why"),
    [([1.0], "at least 2 seeds"), ([1.0, float("nan")], "1 of 2 values"), ([0.3, 0.3, 0.3], "no spread")],
)
def test_without_a_verdict(d: list[float], why: str) -> None:
    found = paired_t(d, margin=0.0, quantity="d", unit="seed")
    assert why in found.undefined
    assert (found.p_supported, found.p_refuted, found.unit) == (None, None, "seed")


def test_what_no_rule_can_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="margin of a test must be finite"):
        paired_t([1.0, 2.0], margin=float("inf"), quantity="d", unit="seed")
    with pytest.raises(SettingsError, match="distance > 0"):
        paired_t([1.0, 2.0], margin=0.0, quantity="d", unit="seed", minimum_effect=0.0)


@pytest.mark.parametrize("scale", [1e-300, 5e-324, 1e-170, 1e150])
def test_the_size_of_numbers_makes_no_difference(scale: float) -> None:
    values = np.array([1.0, 2.0, 3.0])
    one = paired_t(values, margin=0.0, quantity="q", unit="seed")
    other = paired_t(values * scale, margin=0.0, quantity="q", unit="seed")
    assert one.p_supported is not None
    assert other.p_supported == pytest.approx(one.p_supported, rel=1e-9)
