"""Adjudication: order, correction, partial families, and the promise that `possible` makes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import decide, possible, with_verdicts
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.stats.power import episodes_needed
from tests.reports.strategies import evidence, found, outcomes, recorded

STRENGTH = {Verdict.INCONCLUSIVE: 0, Verdict.SUPPORTED: 1, Verdict.REFUTED: 1}


@settings(max_examples=40)
@given(st.lists(evidence(), max_size=6))
def test_order_and_everything_but_the_decision_is_kept(items: list[Evidence]) -> None:
    judged = with_verdicts(items)
    assert [item.key for item in judged] == [item.key for item in items]
    for before, after in zip(items, judged, strict=True):
        assert (after.outcome, after.details, after.expected) == (before.outcome, before.details, before.expected)
        assert after.verdict is not None or before.outcome is None
        assert before.verdict in (None, after.verdict)


def family(found_outcomes: list[Outcome], size: int) -> list[Evidence]:
    return [recorded(i, outcome, family_size=size) for i, outcome in enumerate(found_outcomes)]


@given(st.lists(outcomes(), min_size=1, max_size=5), st.integers(0, 4))
def test_the_final_verdict_is_among_the_possible_ones(members: list[Outcome], missing: int) -> None:
    size = len(members) + missing
    for item in with_verdicts(family(members, size)):
        assert item.outcome is not None
        assert item.verdict in possible(item.outcome, size)


@given(st.lists(outcomes(), min_size=1, max_size=5), st.data())
def test_a_part_of_a_family_never_decides_more_than_the_whole(members: list[Outcome], data: st.DataObject) -> None:
    whole = with_verdicts(family(members, len(members)))
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(members))), min_size=1)))
    part = with_verdicts([replace(whole[i], verdict=None, reason="") for i in chosen])
    for i, item in zip(chosen, part, strict=True):
        verdict, decided = whole[i].verdict, item.verdict
        assert verdict is not None
        assert decided is not None
        assert STRENGTH[decided] <= STRENGTH[verdict]
        p, q = whole[i].p_adjusted, item.p_adjusted
        assert p is None or (q is not None and q >= p)


def test_holm_by_hand() -> None:
    judged = with_verdicts(family([found(0.015625), found(0.03125), found(0.0625)], 3))
    assert [item.p_adjusted for item in judged] == [0.046875, 0.0625, 0.0625]
    assert [item.verdict for item in judged] == [Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE]


def test_families_are_corrected_apart() -> None:
    items = [recorded(1, found(0.04, 0.96)), recorded(1, found(0.04, 0.96), model="other")]
    assert [item.verdict for item in with_verdicts(items)] == [Verdict.SUPPORTED, Verdict.SUPPORTED]


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.NOT_RUN, Verdict.INCONCLUSIVE])
def test_a_verdict_given_beforehand_stays(verdict: Verdict) -> None:
    item = recorded(verdict=verdict, reason="because")
    assert with_verdicts([item]) == [item]


@pytest.mark.parametrize(
    ("holds", "undefined", "verdict"),
    [(True, "", "supported"), (False, "", "refuted"), (True, "constant", "inconclusive"), (None, "", "inconclusive")],
)
def test_outcomes_without_p_values(holds: bool | None, undefined: str, verdict: str) -> None:
    outcome = replace(found(None, None), holds=holds, undefined=undefined)
    assert decide(outcome, None, None) == verdict
    assert possible(outcome, 9) == {verdict}


def test_reasons_of_inconclusive_outcomes() -> None:
    open_ended, counted = found(0.3, 0.7), replace(found(0.3, 0.7), sd=0.5, distance=0.125)
    undefined = replace(found(), undefined="constant")
    reasons = [item.reason for item in with_verdicts(family([open_ended, counted, undefined], 3))]
    n = episodes_needed(0.5, 0.125, 0.05 / 3)
    assert reasons == [
        "the estimate is too near the threshold for any practical number of episodes",
        f"about {n} episodes would settle it with power 0.9, against 20 now",
        "constant",
    ]


def test_the_reason_and_the_record_have_one_number() -> None:
    """An estimate 0.001 from its bound of equivalence: 39 episodes would detect a difference of 0, not settle this."""
    outcome = replace(found(0.3, 0.7, n=96), sd=0.08, distance=0.001, minimum_effect=0.05, kind="equivalent")
    (item,) = with_verdicts(family([outcome], 2))
    assert item.outcome is not None
    assert item.outcome.needed == episodes_needed(0.08, 0.001, 0.05 / 2) > 10_000
    assert item.outcome.planned == episodes_needed(0.08, 0.05, 0.05 / 2, 0.95) == 36
    assert item.reason.startswith(f"about {item.outcome.needed} episodes would settle it")


@given(st.floats(1e-6, 10.0), st.floats(0.0, 10.0), st.integers(2, 200), st.floats(0.06, 0.94), st.integers(1, 20))
def test_no_plan_asks_for_fewer_units_than_there_are(sd: float, distance: float, n: int, p: float, size: int) -> None:
    (item,) = with_verdicts(family([replace(found(p, 1.0 - p, n), sd=sd, distance=distance)], size))
    assert item.outcome is not None
    assert item.reason
    assert item.outcome.needed is None or item.outcome.needed > n
    assert ("would settle it" in item.reason) == (item.outcome.needed is not None)


def test_where_the_spread_alone_would_ask_for_fewer_the_reason_says_why_no_number_can_be_named() -> None:
    (item,) = with_verdicts(family([replace(found(0.366, 1.0, 60), sd=3e-6, distance=0.01)], 1))
    assert item.outcome is not None
    assert item.outcome.needed is None
    assert "a few outlying episodes carry most of the spread" in item.reason


def test_what_is_decided_needs_nothing() -> None:
    (item,) = with_verdicts(family([replace(found(), sd=0.5, distance=0.125)], 1))
    assert item.outcome is not None
    assert item.outcome.needed is None


def test_the_episodes_of_a_plan_allow_for_the_family() -> None:
    outcome = replace(found(), sd=0.5, minimum_effect=0.25)
    (alone,), (member,) = (with_verdicts(family([outcome], size)) for size in (1, 12))
    assert alone.outcome is not None
    assert member.outcome is not None
    assert alone.outcome.planned == episodes_needed(0.5, 0.25)
    assert member.outcome.planned == episodes_needed(0.5, 0.25, 0.05 / 12)
    (tight,) = with_verdicts(family([replace(outcome, sd=0.0)], 12))
    assert tight.outcome is not None
    assert tight.outcome.planned == 8


def sampled(n: int, kind: str = "greater", minimum_effect: float | None = 0.05) -> Outcome:
    """An outcome of n units with standard deviation 0.1 that settles nothing."""
    base = replace(found(0.3), n=n, sd=0.1, distance=0.02, kind=kind, minimum_effect=minimum_effect)
    return replace(base, p_refuted=0.7)


def reason(outcome: Outcome, size: int = 1) -> str:
    return with_verdicts(family([outcome], size))[0].reason


def test_what_settles_nothing_says_which_power_is_left() -> None:
    """Power of the one-sided t-test of 12 pairs at an effect of half a deviation, at level 0.05 and 0.025."""
    assert reason(sampled(12)).endswith("against 12 now; 12 find the minimum effect of 0.05 with power 0.49")
    assert reason(sampled(12), 2).endswith("12 find the minimum effect of 0.05 with power 0.35")
    assert reason(sampled(4)).endswith("against 4 now; fewer than 5 settle nothing here")
    enough = episodes_needed(0.1, 0.05)
    assert "power" not in reason(sampled(enough)).partition("with power 0.9")[2]
    assert "power" in reason(sampled(enough - 1)).partition("with power 0.9")[2]
    assert reason(sampled(12, minimum_effect=None)).endswith("against 12 now")
