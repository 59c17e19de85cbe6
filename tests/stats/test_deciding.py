"""The interval that decides: it lies where the verdict says, whatever the rule, the family and the data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.stats import (
    above,
    at_every,
    below,
    paired_equivalent,
    paired_greater,
    paired_t,
)
from iclgd_core.stats.confidence import (
    at_most_above,
    at_most_below,
    one_sided_bounds,
    typical_values,
)
from iclgd_core.stats.deciding import ends_at_every_step
from iclgd_core.stats.multiplicity import holm, holm_steps
from iclgd_core.stats.one_sided import one_sided
from tests.reports.strategies import recorded

RESAMPLES = 199
EIGHTHS = st.integers(-8, 8).map(lambda k: k / 8.0)
"""Values that tie with bounds, as accuracies do."""
DATA = st.one_of(
    st.lists(EIGHTHS, min_size=6, max_size=20),
    st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=20),
    st.builds(lambda v, n: [v] * n, EIGHTHS, st.integers(6, 12)),
)
MARGINS = st.sampled_from([0.05, 0.125, 0.25, 0.5])


def greater(d: Sequence[float], margin: float) -> Outcome:
    return paired_greater(d, [0.0] * len(d), margin=margin, quantity="d", minimum_effect=0.1, resamples=RESAMPLES)


def equivalent(d: Sequence[float], margin: float) -> Outcome:
    return paired_equivalent(d, margin=margin, quantity="d", resamples=RESAMPLES)


def few(d: Sequence[float], margin: float) -> Outcome:
    return paired_t(d[:4], margin=margin, quantity="d", unit="seed")


def at_most(d: Sequence[float], margin: float) -> Outcome:
    return below({str(i): v for i, v in enumerate(d)}, margin, quantity="d", unit="layer")


def at_least(d: Sequence[float], margin: float) -> Outcome:
    bounds = {str(i): margin + i / 10.0 for i in range(len(d))}
    return above({str(i): v for i, v in enumerate(d)}, bounds, quantity="d", unit="layer")


Rule = Callable[[Sequence[float], float], Outcome]
SAMPLED: tuple[Rule, ...] = (greater, equivalent, few)
RULES: tuple[Rule, ...] = (*SAMPLED, at_most, at_least)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """The outcome of any rule, alone or joined over places; near the bound as often as far from it."""
    rule, members = draw(st.sampled_from(RULES)), draw(st.integers(1, 3))
    found = [rule(draw(DATA), draw(MARGINS)) for _ in range(members)]
    return found[0] if members == 1 else at_every({f"place {i}": one for i, one in enumerate(found)}, "d everywhere")


def family(found: Sequence[Outcome], size: int, wire: bool) -> list[Evidence]:
    """Judge a family, as `judge` sends it over the wire or as it is."""
    sent = [ends_at_every_step(one, size, 0.05) if wire else one for one in found]
    items = [recorded(i, one, None, size) for i, one in enumerate(sent)]
    return with_verdicts([Evidence.from_wire(item.to_wire()) for item in items] if wire else items)


class Sides(NamedTuple):
    claimed: bool
    other: bool


def sides(low: float, high: float, outcome: Outcome) -> Sides:
    """Whether [low, high] lies wholly where the claim has it, and wholly where it has not."""
    bound, kind = outcome.threshold, outcome.kind.removeprefix("every ")
    if kind == "equivalent":
        return Sides(-bound < low and high < bound, low > bound or high < -bound)
    if kind == "below":
        return Sides(high < bound, low >= bound)
    return Sides(low > bound, high <= bound if kind == "above" else high < bound)


@settings(max_examples=150, deadline=None)
@given(st.lists(outcomes(), min_size=1, max_size=4), st.integers(0, 3), st.booleans())
def test_it_lies_on_the_side_of_the_bound_that_the_verdict_says(found: list[Outcome], missing: int, wire: bool) -> None:
    for item in family(found, len(found) + missing, wire):
        outcome = item.outcome
        assert outcome is not None
        if outcome.undefined:
            assert outcome.deciding_interval is None
            continue
        if outcome.holds is None:
            assert outcome.shown_interval is not None
            low, high = outcome.shown_interval
            assert low <= high
        else:
            assert outcome.shown_interval is None  # the estimate is exact
            assert outcome.estimate is not None
            low = high = outcome.estimate
        claimed, other = sides(low, high, outcome)
        assert claimed == (item.verdict is Verdict.SUPPORTED)
        assert other == (item.verdict is Verdict.REFUTED)


@settings(max_examples=60, deadline=None)
@given(DATA, st.sampled_from([0.05, 0.05 / 3, 0.05 / 8, 0.3]), st.floats(-1.2, 1.2) | EIGHTHS, st.integers(0, 3))
def test_bounds_leave_out_exactly_what_the_tests_reject(d: list[float], level: float, m: float, seed: int) -> None:
    low, high = one_sided_bounds(d, seed=seed, resamples=RESAMPLES)(level)
    greater, less = one_sided(d, m, seed=seed, resamples=RESAMPLES)
    if abs(m - low) > 1e-8:
        assert (m < low) == (greater <= level)
    if abs(m - high) > 1e-8:
        assert (m > high) == (less <= level)


def test_bounds_of_the_sign_flips_by_hand() -> None:
    """At 3/64 three sign vectors may count: none flipped, 1 alone, 1 and 2. The next mean of flipped episodes is 2."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    values = np.sort(typical_values(x, 0, RESAMPLES))
    assert (at_most_below(values, 3 / 64), at_most_above(values, 3 / 64)) == pytest.approx((2.0, 5.0))
    assert (at_most_below(values, 1 / 64), at_most_above(values, 1 / 64)) == pytest.approx((1.0, 6.0))
    assert (at_most_below(values, 1 / 65), at_most_above(values, 1 / 65)) == (-np.inf, np.inf)


def test_bounds_of_constants() -> None:
    """No test of six episodes rejects below 1/64."""
    assert one_sided_bounds([0.25] * 6)(1 / 64) == (0.25, 0.25)
    assert one_sided_bounds([0.25] * 6)(1 / 65) == (-np.inf, np.inf)


def test_ends_of_a_t_test_are_students() -> None:
    """Mean 2, s = 1, n = 3: t at 0.05 and 2 degrees of freedom is 2.92, so 2 -+ 2.92 / sqrt(3)."""
    (item,) = family([paired_t([1.0, 2.0, 3.0], margin=0.0, quantity="d", unit="seed")], 1, True)
    assert item.outcome is not None
    assert item.outcome.shown_interval == pytest.approx((0.314, 3.686), abs=1e-3)
    assert item.outcome.deciding_level == 0.05
    assert item.outcome.interval == pytest.approx((-0.484, 4.484), abs=1e-3)  # the plain one stands beside it


def test_a_family_of_which_the_second_is_not_rejected() -> None:
    """With p = 0.001 and 0.04 in a family of 3, the first is asked at 0.05/3, the second at 0.05/2: there it ends."""
    assert holm_steps([0.001, 0.04], 3) == [3, 2]
    assert holm_steps([0.02, 0.02]) == [2, 2]
    assert holm_steps([]) == []


@given(st.lists(st.floats(0.0, 0.2) | st.sampled_from([0.01, 0.0125, 0.025, 0.05]), min_size=1), st.integers(0, 3))
def test_a_step_rejects_what_the_adjusted_p_value_rejects(p_values: list[float], missing: int) -> None:
    size = len(p_values) + missing
    steps, adjusted = holm_steps(p_values, size), holm(p_values, size)
    for p, k, corrected in zip(p_values, steps, adjusted, strict=True):
        assert 1 <= k <= size
        if abs(p * k - 0.05) > 1e-12:
            assert (p <= 0.05 / k) == (corrected <= 0.05)


def test_a_refuted_equivalence_shares_its_level_between_both_sides() -> None:
    (item,) = family([equivalent([0.9, 0.8, 1.0, 0.7, 0.95, 0.85, 0.9, 1.1], 0.1)], 1, False)
    assert item.verdict is Verdict.REFUTED
    assert item.outcome is not None
    assert item.outcome.deciding_level == 0.025


def test_the_member_that_refutes_is_the_one_that_is_shown() -> None:
    """The first member is the less likely to exceed the bound by its supporting test, the second refutes."""
    rule = replace(greater([0.5, 0.4, 0.6, 0.3, 0.2, 0.5], 0.0), inversion=None)
    first = replace(rule, estimate=-0.1, p_supported=1.0, p_refuted=0.3)
    second = replace(rule, estimate=-0.05, p_supported=0.999, p_refuted=0.001)
    joined = at_every({"first": first, "second": second}, "d")
    assert (joined.estimate, joined.p_refuted) == (-0.05, 0.002)


def test_ends_at_a_step_that_was_not_foreseen_are_left_out() -> None:
    """Two tests of one claim count as two members, whatever each said of the size of its family."""
    found = ends_at_every_step(greater([0.5, 0.4, 0.6, 0.3, 0.2, 0.5, 0.4, 0.6], 0.0), 1, 0.05)
    for item in with_verdicts([recorded(i, found, None, 1) for i in range(2)]):
        assert item.outcome is not None
        assert (item.outcome.deciding_interval, item.outcome.ends) == (None, ())
