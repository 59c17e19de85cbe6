"""What a run was asked for, from its header: what it lacks beside that is not run, the rest is missing."""

from dataclasses import replace
from typing import Any

import pytest

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.compare import Change, Status, compare
from reports.compare.asked import left_out
from reports.document.report import report_of
from tests.reports.finished import HEADER
from tests.reports.strategies import recorded

S1 = "claims/shen/test_s1.py::test_order[gd]"
S2 = "claims/shen/test_s2.py::test_output"
X1 = "claims/xie/test_x1.py::TestExact::test_posterior"


def item(node_id: str, **more: Any) -> Evidence:
    fields = {"id": node_id, "node_id": node_id, "model": "", "task": "", **more}
    return replace(recorded(verdict=Verdict.SUPPORTED, expected=Verdict.SUPPORTED), **fields)


def asked(paths: list[str], filters: list[str]) -> dict[str, Json]:
    return {"selection": {"paths": [*paths], "filters": [*filters]}}


@pytest.mark.parametrize(
    ("run", "own", "beside"),
    [
        ({}, (), set()),
        ({"deselected": 0}, (), set()),
        ({"deselected": None}, (), set()),
        ({"deselected": 3}, (), {S1, S2, X1}),  # a report of before there were selections
        (asked([""], []), (S1,), set()),
        (asked(["claims"], []), (S1,), set()),
        (asked(["claim"], []), (), {S1, S2, X1}),
        (asked(["claims/shen"], []), (), {X1}),
        (asked(["claims/shen/test_s1.py", "claims/xie"], []), (S1, X1), {S2}),
        (asked(["claims/shen/test_s1.py::test_order"], []), (S1,), {S2, X1}),
        (asked([S1], []), (S1,), {S2, X1}),
        (asked(["claims/xie/test_x1.py::TestExact"], []), (X1,), {S1, S2}),
        (asked(["claims"], ["-k"]), (S1,), {S1, S2, X1}),
        (asked(["elsewhere"], []), (S1,), set()),  # it would deny the run's own test: not understood
    ],
)
def test_what_lies_beside_the_paths_or_behind_a_filter_was_not_asked_for(
    run: dict[str, Json], own: tuple[str, ...], beside: set[str]
) -> None:
    unasked = left_out(run, [item(node_id) for node_id in own])
    assert {node_id for node_id in (S1, S2, X1) if unasked(item(node_id))} == beside


def changes(
    before: list[Evidence], after: list[Evidence], more: dict[str, Json] | None = None, models: str = ""
) -> tuple[Status, list[Change]]:
    """Return the status and the changes of a whole run against a selection, the latter on other models if named."""
    options: Json = {"given": {}, "resolved": {"models": []}}
    other: Json = {"given": {}, "resolved": {"models": [models]}} if models else options
    found = compare(
        report_of(before, {**HEADER, "options": options}, len(before)),
        report_of(after, {**HEADER, "options": other, **(more or {})}, len(after)),
        "a", "b",
    )  # fmt: skip
    return found.status, [claim.change for claim in found.claims]


def test_a_selection_says_nothing_of_the_rest_not_even_of_other_models() -> None:
    whole = [item(S1, model="one"), item(S2, model="two")]
    assert changes(whole, whole[:1], asked(["claims"], ["-k"])) == (Status.EQUAL, [Change.SAME, Change.NOT_RUN])
    assert changes(whole, whole[:1]) == (Status.NOT_COMPARABLE, [Change.SAME, Change.WORSE])


def test_other_models_than_those_of_the_baseline_are_no_selection_of_it() -> None:
    before, after = [item(S1, model="one"), item(X1)], [item(S1, model="two"), item(X1)]
    status, found = changes(before, after, asked(["claims"], ["-k"]), "two")
    assert status is Status.NOT_COMPARABLE
    assert Change.NOT_RUN not in found


def test_a_selection_of_nothing_that_the_baseline_has_is_not_comparable() -> None:
    status, found = changes([item(S1)], [item(S2)], asked([S2], []))
    assert (status, set(found)) == (Status.NOT_COMPARABLE, {Change.NOT_RUN, Change.ONLY_AFTER})
