"""Comparisons: what is worse, what cannot be compared, what moved, and the forms it is shown in."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.compare import (
    Change,
    Comparison,
    Status,
    compare,
    comparison_document,
    read_comparison,
    render_comparison,
    render_comparison_markdown,
)
from reports.compare.interval import interval_of_difference
from reports.document.json_report import json_text
from reports.document.report import Report, report_of
from reports.document.validation import COMPARE, problem
from tests.reports.finished import HEADER, finished, finished_sample
from tests.reports.golden import check_golden
from tests.reports.hostile import hostile_report
from tests.reports.strategies import evidence, found, recorded

SUP, REF, INC, ERR, NOT = Verdict


def one(verdict: Verdict, expected: Verdict = SUP, **more: Any) -> Evidence:
    fields = {"protocol": {"margin": 0.0}, "details": {"model_sha256": {"m": "abc"}}, "outcome": found(), **more}
    return replace(recorded(verdict=verdict, expected=expected), **fields)


def report(*items: Evidence, **header: Json) -> Report:
    return report_of(items, {**HEADER, **header}, len(items))


def held(before: Report, after: Report) -> Comparison:
    return compare(before, after, "a", "b")


def changes() -> Comparison:
    """The sample against itself with one of each change."""
    sample = finished_sample()
    items = {item.key: item for item in sample.evidence}
    keys = list(items)

    def change(i: int, **fields: Any) -> None:
        items[keys[i]] = replace(items[keys[i]], **fields)

    change(1, verdict=REF, expected=REF)
    change(2, outcome=replace(_outcome(items[keys[2]]), estimate=0.3, interval=(0.25, 0.36)))
    change(3, verdict=ERR, expected=SUP, outcome=None, protocol={}, reason="broke")
    change(5, details={"model_sha256": {"m": "cd" * 32}})
    change(8, protocol={**items[keys[8]].protocol, "margin": 0.5, "alpha": 0.01})
    error = next(i for i, item in enumerate(sample.evidence) if item.verdict is ERR)
    change(error, verdict=SUP, reason="")
    del items[keys[6]]
    other = report_of([*items.values(), one(SUP, id="X1")], {**sample.run, "seed": 3, "commit": None}, len(items))
    return compare(sample, other, "old/claims.json", "new/claims.json")


def _outcome(item: Evidence) -> Any:
    assert item.outcome is not None
    return item.outcome


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("compare.txt", lambda c: "\n".join(render_comparison(c, width, False) for width in (80, 120))),
        ("compare.md", render_comparison_markdown),
        ("compare.json", lambda c: json_text(comparison_document(c))),
    ],
)
def test_golden(name: str, draw: Callable[[Comparison], str]) -> None:
    comparison = changes()
    assert {change for change, n in comparison.count().items() if n} >= set(Change) - {
        Change.CHANGED,
        Change.ONLY_BEFORE,
        Change.NOT_RUN,
    }
    check_golden(name, draw(comparison))


TABLE = [
    # before, expected before, after, expected after, change
    (SUP, SUP, SUP, SUP, Change.SAME),
    (SUP, SUP, REF, SUP, Change.WORSE),
    (SUP, SUP, INC, SUP, Change.WORSE),
    (SUP, SUP, ERR, SUP, Change.WORSE),
    (SUP, SUP, NOT, SUP, Change.WORSE),
    (SUP, SUP, REF, REF, Change.WORSE),
    (SUP, SUP, SUP, REF, Change.SAME),
    (SUP, REF, REF, REF, Change.WORSE),
    (SUP, REF, SUP, SUP, Change.IMPROVED),
    (SUP, REF, SUP, REF, Change.SAME),
    (REF, REF, REF, REF, Change.SAME),
    (REF, REF, SUP, SUP, Change.IMPROVED),
    (REF, REF, SUP, REF, Change.IMPROVED),
    (REF, REF, INC, INC, Change.WORSE),
    (INC, INC, REF, REF, Change.WORSE),
    (INC, INC, INC, INC, Change.SAME),
    (INC, INC, SUP, INC, Change.IMPROVED),
    (INC, INC, SUP, SUP, Change.IMPROVED),
    (REF, SUP, REF, SUP, Change.SAME),
    (REF, SUP, REF, REF, Change.IMPROVED),
    (REF, SUP, INC, SUP, Change.CHANGED),
    (INC, SUP, ERR, SUP, Change.CHANGED),
    (ERR, SUP, SUP, SUP, Change.IMPROVED),
    (ERR, SUP, INC, INC, Change.IMPROVED),
    (NOT, NOT, NOT, NOT, Change.SAME),
    (NOT, NOT, SUP, SUP, Change.IMPROVED),
    (NOT, NOT, ERR, SUP, Change.WORSE),
]


@pytest.mark.parametrize(("before", "expected", "after", "expected_after", "change"), TABLE)
def test_what_became_of_a_claim(
    before: Verdict, expected: Verdict, after: Verdict, expected_after: Verdict, change: Change
) -> None:
    comparison = held(report(one(before, expected)), report(one(after, expected_after)))
    assert [claim.change for claim in comparison.claims] == [change]
    assert comparison.status == (Status.WORSE if change is Change.WORSE else Status.EQUAL)
    assert bool(comparison.claims[0].reason) is (change is Change.WORSE)


@pytest.mark.parametrize(
    ("verdict", "expected", "change", "status"),
    [
        (SUP, SUP, Change.WORSE, 1), (REF, REF, Change.WORSE, 1), (SUP, REF, Change.WORSE, 1),
        (REF, SUP, Change.ONLY_BEFORE, 0), (NOT, NOT, Change.ONLY_BEFORE, 0), (ERR, SUP, Change.ONLY_BEFORE, 0),
    ],
)  # fmt: skip
def test_what_is_missing_in_b_is_worse_if_it_held(
    verdict: Verdict, expected: Verdict, change: Change, status: int
) -> None:
    gone, stays = one(verdict, expected, id="S9"), one(SUP)
    comparison = held(report(gone, stays), report(stays))
    assert [claim.change for claim in comparison.claims] == [Change.SAME, change]
    assert comparison.status == status
    back = held(report(stays), report(gone, stays))
    assert (back.claims[1].change, back.status) == (Change.ONLY_AFTER, Status.EQUAL)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"details": {"model_sha256": {"m": "xyz"}}}, "other model: the weights have another hash"),
        ({"protocol": {"margin": 0.5}}, "other rule: margin differ in what was fixed beforehand"),
    ],
)
def test_another_model_or_rule_is_not_comparable_and_the_rest_still_is(more: dict[str, Any], reason: str) -> None:
    before, other = report(one(SUP), one(SUP, id="S2")), report(one(REF, **more), one(REF, id="S2"))
    comparison = held(before, other)
    assert [claim.change for claim in comparison.claims] == [Change.NOT_COMPARABLE, Change.WORSE]
    assert comparison.claims[0].reason == reason
    assert comparison.claims[0].difference is None
    assert comparison.claims[1].difference == 0.0
    assert comparison.status is Status.NOT_COMPARABLE


def test_an_untrained_control_that_becomes_supported_is_worse() -> None:
    comparison = held(report(one(INC, INC, model="untrained-m")), report(one(SUP, INC, model="untrained-m")))
    assert [claim.change for claim in comparison.claims] == [Change.WORSE]


@pytest.mark.parametrize("model", ["untrained-m", "ginc-m"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_weights_of_a_control_are_others_under_another_seed_alone(model: str, seed: int) -> None:
    before = replace(report(one(INC, INC, model=model)), run={"seed": 0})
    other = one(INC, INC, model=model, details={"model_sha256": {model: "xyz"}})
    comparison = held(before, replace(report(other), run={"seed": seed}))
    drawn = model == "untrained-m" and seed == 1
    assert comparison.status is (Status.EQUAL if drawn else Status.NOT_COMPARABLE)


def test_rules_are_compared_only_where_both_have_an_outcome() -> None:
    none = one(ERR, outcome=None, protocol={})
    assert held(report(one(SUP)), report(none)).status is Status.WORSE
    assert held(report(none), report(one(SUP))).status is Status.EQUAL


@pytest.mark.parametrize("details", [{}, {"model_sha256": {}}])
def test_a_hash_that_one_side_alone_has_is_not_comparable(details: dict[str, Any]) -> None:
    without = one(SUP, details=details)
    forth, back = held(report(one(SUP)), report(without)), held(report(without), report(one(SUP)))
    assert [c.status for c in (forth, back)] == [Status.NOT_COMPARABLE] * 2
    assert forth.claims[0].reason == "unknown model: B has no hash of the weights"
    assert back.claims[0].reason == "unknown model: A has no hash of the weights"
    assert held(report(without), report(without)).status is Status.EQUAL
    lost = one(ERR, outcome=None, protocol={}, details=details)
    assert held(report(one(SUP)), report(lost)).status is Status.WORSE


def test_reports_of_other_models_are_not_comparable() -> None:
    """As a run on one model is held against one on another: the weights of S3 are measured in both."""
    shared, mine, other = one(SUP, id="S3"), one(SUP, model="llama"), one(SUP, model="gptj")
    comparison = held(report(shared, mine), report(shared, other))
    assert comparison.problems == ("other models: llama in A alone",)
    assert comparison.status is Status.NOT_COMPARABLE
    assert held(report(shared, mine), report(shared)).status is Status.NOT_COMPARABLE
    assert held(report(shared), report(shared, other)).status is Status.EQUAL
    wider = held(report(shared, mine), report(shared, one(REF, model="llama"), other))
    assert (wider.problems, wider.status) == ((), Status.WORSE)


@pytest.mark.parametrize(
    ("model", "hashes"), [("untrained-llama", {"untrained-llama": "a"}), ("a to b", {"a": "1", "b": "2"})]
)
def test_controls_and_sets_of_models_are_no_models_under_test(model: str, hashes: dict[str, Json]) -> None:
    gone = one(INC, INC, model=model, details={"model_sha256": hashes})
    comparison = held(report(one(SUP), gone), report(one(SUP)))
    assert (comparison.problems, comparison.status) == ((), Status.WORSE)


def test_reports_without_a_common_claim_are_not_comparable() -> None:
    comparison = held(report(one(SUP)), report(one(SUP, model="other")))
    assert comparison.status is Status.NOT_COMPARABLE
    assert comparison.problems
    assert held(report(), report()).status is Status.NOT_COMPARABLE


def test_a_claim_that_was_never_reached_is_found_by_its_test() -> None:
    node = "claims/shen/test_s1.py::test_one[m-t-gd]"
    known = one(SUP, node_id=node)
    unread = replace(recorded(verdict=NOT), id=node, params={}, model="", task="")
    named = replace(recorded(verdict=NOT), params={"case": "m-t-gd"}, model="", task="", node_id=node)
    for lost in (unread, named):
        comparison = held(report(known, one(SUP, id="S2")), report(lost, one(SUP, id="S2")))
        assert [(c.id, c.change) for c in comparison.claims] == [("S1", Change.WORSE), ("S2", Change.SAME)]
        assert comparison.claims[0].reason == "was as expected, and is not run, expected supported"


def test_headers_that_differ_are_listed() -> None:
    versions: Json = {"torch": "2.13.0", "numpy": "2.0"}
    comparison = held(
        report(one(SUP), seed=0, versions=versions), report(one(SUP), seed=1, versions={"torch": "2.14.0"})
    )
    assert [(h.name, h.before, h.after) for h in comparison.headers] == [
        ("seed", "0", "1"), ("versions.numpy", "2.0", None), ("versions.torch", "2.13.0", "2.14.0")
    ]  # fmt: skip
    assert comparison.status is Status.EQUAL


def test_the_interval_by_hand() -> None:
    assert interval_of_difference(0.0, (-3.0, 3.0), 10.0, (6.0, 14.0)) == (5.0, 15.0)
    assert interval_of_difference(1.0, (1.0, 4.0), 1.0, (-3.0, 1.0)) == (-5.0, 0.0)
    assert interval_of_difference(0.0, (1.0, 1.0), 0.0, (0.0, 0.0)) == (-1.0, 0.0)
    assert interval_of_difference(-1e308, (-1e308, 1e308), 1e308, (-1e308, 1e308)) is None


def test_the_interval_covers_the_difference_of_independent_runs() -> None:
    """20,000 pairs of normal means with known errors: coverage 0.95 within four Monte Carlo errors, wide if paired."""
    rng = np.random.default_rng(0)
    half = 1.959964
    a, b = rng.normal(0, 1, 20_000), rng.normal(0.5, 2, 20_000)

    def covered(one: Any, two: Any) -> float:
        hits = 0
        for x, y in zip(one, two, strict=True):
            found = interval_of_difference(x, (x - half, x + half), y, (y - 2 * half, y + 2 * half))
            assert found is not None
            hits += found[0] <= 0.5 <= found[1]
        return hits / len(one)

    assert abs(covered(a, b) - 0.95) < 4 * (0.95 * 0.05 / 20_000) ** 0.5
    assert covered(a, 0.5 + 2 * a) > 0.96


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 6))
def test_the_interval_holds_the_difference_and_turns_with_the_sides(values: tuple[float, ...]) -> None:
    (la, a, ua), (lb, b, ub) = sorted(values[:3]), sorted(values[3:])
    forth = interval_of_difference(a, (la, ua), b, (lb, ub))
    back = interval_of_difference(b, (lb, ub), a, (la, ua))
    assert forth is not None and back is not None  # noqa: PT018
    assert forth[0] <= b - a <= forth[1]
    assert forth == pytest.approx((-back[1], -back[0]), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("estimate", "interval", "moved"),
    [(0.25, (0.125, 0.375), False), (0.9, (0.8, 1.0), True), (0.45, (0.35, 0.55), True), (0.35, (0.25, 0.45), False)],
)
def test_what_moved(estimate: float, interval: tuple[float, float], moved: bool) -> None:
    after = one(SUP, outcome=replace(found(), estimate=estimate, interval=interval))
    (claim,) = held(report(one(SUP)), report(after)).claims
    assert claim.difference == estimate - 0.25
    assert claim.moved is moved


def test_without_sampling_there_is_a_difference_and_no_interval() -> None:
    exact = replace(found(None, None), holds=True)
    after = one(SUP, outcome=replace(exact, estimate=0.75))
    (claim,) = held(report(one(SUP, outcome=exact)), report(after)).claims
    assert (claim.difference, claim.interval, claim.moved) == (0.5, None, None)


@settings(max_examples=40, deadline=None)
@given(st.lists(evidence(), max_size=4), st.lists(evidence(), max_size=4), st.randoms())
def test_a_comparison_survives_its_document_and_the_order(
    before: list[Evidence], after: list[Evidence], random: random.Random
) -> None:
    comparison = held(report(*with_verdicts(before)), report(*with_verdicts(after)))
    content = json.loads(json.dumps(comparison_document(comparison), allow_nan=False))
    assert problem(content, COMPARE) == ""
    assert read_comparison(content) == comparison
    unique = list({item.key: item for item in before}.values())
    shuffled = random.sample(unique, len(unique))
    again = report_of(shuffled, HEADER, len(unique))
    assert held(again, again).claims == held(report(*unique), report(*unique)).claims
    assert held(again, again).status in ((Status.EQUAL,) if unique else (Status.NOT_COMPARABLE,))


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_hostile_text_is_shown_as_text(width: int) -> None:
    hostile = finished(hostile_report())
    turned = replace(hostile, evidence=tuple(replace(i, verdict=REF) for i in hostile.evidence), run=HEADER)
    comparison = compare(hostile, turned, "a\x1b[31m", "b\n# c")
    text = render_comparison(comparison, width, colour=False)
    assert all(c == "\n" or c.isprintable() or c in "\ufffe\uffff\ufdd0\u3000" for c in text)
    assert "[bold red]" in "".join(text.split("\n"))
    assert "<script" not in render_comparison_markdown(comparison)
