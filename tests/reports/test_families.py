"""Families of which a report has a part: named, and told from what a run lost."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.collect.collector import ENDED
from reports.collect.families import FamilyPart, partial_families, selection
from reports.document.report import report_of
from reports.render.markdown import headline
from tests.reports.finished import HEADER
from tests.reports.strategies import recorded


def family(members: int, size: int, id: str = "S1", model: str = "m") -> list[Evidence]:
    return [recorded(i, verdict=Verdict.SUPPORTED, family_size=size, id=id, model=model) for i in range(members)]


@given(st.integers(1, 6), st.integers(0, 3))
def test_a_family_is_partial_if_members_are_missing(members: int, missing: int) -> None:
    found = partial_families([*family(members, members + missing), *family(2, 2, id="S2")])
    assert found == ([FamilyPart("S1", "m, ginc-k5", members, members + missing)] if missing else [])


def test_families_of_other_models_and_claims_do_not_fill_up() -> None:
    evidence = [*family(1, 2), *family(1, 2, model="n"), *family(1, 2, id="S2")]
    assert [(part.id, part.subject) for part in partial_families(evidence)] == [
        ("S1", "m, ginc-k5"), ("S1", "n, ginc-k5"), ("S2", "m, ginc-k5")
    ]  # fmt: skip
    assert selection(evidence) == (
        "a selection: 1 of 2 sub-claims of S1 on m, ginc-k5 and 1 of 2 sub-claims of S1 on n, ginc-k5 and of 1 more"
    )


def test_what_a_run_never_reached_was_selected() -> None:
    lost = [replace(recorded(i, verdict=Verdict.NOT_RUN, reason=ENDED), model="", task="") for i in (7, 8)]
    assert selection([*family(1, 3), *lost]) == ""
    assert selection([*family(1, 4), *lost]) == "a selection: 1 of 4 sub-claims of S1 on m, ginc-k5"
    assert selection([*family(1, 3), *(replace(item, id="S9") for item in lost)]).startswith("a selection: 1 of 3")


def test_the_headline_says_it() -> None:
    part, whole = (report_of(family(1, size), {**HEADER}, 1) for size in (2, 1))
    assert headline(part) == "All 1 claim tests are as expected; a selection: 1 of 2 sub-claims of S1 on m, ginc-k5."
    assert headline(whole) == "All 1 claim tests are as expected."
