"""Deterministic bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.stats import above, below

VALUES = st.dictionaries(st.sampled_from("abcdef"), st.floats(-10.0, 10.0), min_size=1)


def layers(values: dict[str, float], bound: dict[str, float] | float) -> Outcome:
    return below(values, bound, quantity="share", unit="layer")


@given(VALUES, st.floats(-10.0, 10.0))
def test_holds_when_every_value_does(values: dict[str, float], bound: float) -> None:
    low = layers(values, bound)
    assert low.holds == all(v < bound for v in values.values())
    assert low.estimate == max(values.values())
    assert low.interval == (min(values.values()), max(values.values()))
    high = above(values, bound, quantity="share", unit="layer")
    assert high.holds == all(v > bound for v in values.values())
    assert high.estimate == min(values.values())
    mirrored = above({k: -v for k, v in values.items()}, -bound, quantity="share", unit="layer")
    assert mirrored.holds == low.holds


def test_own_bounds_and_what_is_reported() -> None:
    found = layers({"a": 0.1, "b": 0.8}, {"a": 0.2, "b": 2.0})
    assert (found.holds, found.estimate, found.threshold, found.n) == (True, 0.1, 0.2, 2)
    assert (found.unit, found.p_supported, found.p_refuted, found.planned) == ("layer", None, None, None)
    assert "range over 2" in found.method
    assert found.method.endswith("those of a")
    assert layers({"a": 0.3, "b": 0.8}, {"a": 0.2, "b": 2.0}).holds is False
    assert layers({"a": 0.2}, 0.2).holds is False


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_leaves_it_open(value: float) -> None:
    found = layers({"a": 0.1, "odd": value}, 0.5)
    assert "odd" in found.undefined
    assert (found.holds, found.estimate, found.n) == (None, None, 2)


def test_guards() -> None:
    with pytest.raises(SettingsError, match="at least one value"):
        layers({}, 0.5)
    with pytest.raises(SettingsError, match="only one side has b"):
        layers({"a": 0.1}, {"a": 0.2, "b": 0.3})
    with pytest.raises(SettingsError, match="only one side has b"):
        layers({"a": 0.1, "b": 0.2}, {"a": 0.2})
    for bound in (math.nan, math.inf):
        with pytest.raises(SettingsError, match="must be finite"):
            layers({"a": 0.1}, bound)


def test_values_whose_slack_rounds_to_the_same_number_are_still_told_apart() -> None:
    assert layers({"a": -1e-30, "b": 0.0, "c": -1e-30}, 10.0).estimate == 0.0
    assert above({"a": 1e-30, "b": 0.0}, -10.0, quantity="share", unit="layer").estimate == 0.0
