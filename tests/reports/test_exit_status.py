"""The exit status: each rule, and which of two comes first."""

import pytest

from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.models.embedded import UNTRAINED
from reports.collect.collector import ClaimTest
from reports.collect.exit_status import exit_status
from reports.compare import Change, Comparison, Difference
from tests.reports.strategies import recorded


def row(verdict: Verdict, recorded_it: bool = True, model: str = "ginc-llama-794k", met: bool = False) -> ClaimTest:
    expected = verdict if met else Verdict.SUPPORTED
    return ClaimTest("claims/x", recorded(verdict=verdict, model=model, expected=expected), recorded_it, failed=False)


def against(*changes: Change) -> Comparison:
    rows = tuple(Difference("S1", {}, "m", "t", change, "", None, None) for change in changes)
    return Comparison("a", "b", (), (), rows)


GOOD, LEFT_OUT = row(Verdict.SUPPORTED), row(Verdict.NOT_RUN)
DOES_NOT_APPLY = row(Verdict.NOT_RUN, met=True)
WRONG, LOST = row(Verdict.REFUTED), row(Verdict.ERROR, recorded_it=False)
OPEN = row(Verdict.INCONCLUSIVE, met=True)
CONTROLS = row(Verdict.INCONCLUSIVE, model="untrained-llama-794k", met=True)
SAME, WORSE, OTHER = against(Change.SAME), against(Change.WORSE), against(Change.NOT_COMPARABLE, Change.WORSE)


@pytest.mark.parametrize(
    ("status", "rows", "written", "expected"),
    [
        (0, [GOOD], True, 0),
        (0, [GOOD, LEFT_OUT], True, 12),
        (1, [GOOD, LEFT_OUT], True, 1),
        (0, [WRONG, LEFT_OUT], True, 1),
        (0, [GOOD, DOES_NOT_APPLY], True, 0),
        (0, [LEFT_OUT], True, 12),
        (0, [DOES_NOT_APPLY], True, 12),
        (0, [], True, 12),
        (0, [GOOD], False, 12),
        (0, [GOOD, WRONG], True, 1),
        (0, [WRONG], False, 1),
        (1, [GOOD, LOST], True, 12),
        (1, [WRONG, LOST], True, 1),
        (1, [GOOD], True, 1),
        (1, [GOOD], False, 1),
        (2, [WRONG, LOST], True, 2),
        (3, [GOOD], False, 3),
        (4, [GOOD], True, 4),
        (5, [], True, 5),
        (6, [WRONG], True, 6),
    ],
)
def test_without_baseline(status: int, rows: list[ClaimTest], written: bool, expected: int) -> None:
    assert exit_status(status, rows, written) == expected


@pytest.mark.parametrize(
    ("status", "rows", "comparison", "strict", "expected"),
    [
        (0, [GOOD], SAME, False, 0),
        (0, [GOOD], WORSE, False, 10),
        (0, [GOOD], OTHER, False, 12),
        (1, [GOOD], WORSE, False, 1),
        (0, [WRONG], WORSE, False, 1),
        (0, [LOST], WORSE, False, 12),
        (0, [LEFT_OUT], WORSE, False, 12),
        (0, [GOOD, LEFT_OUT], WORSE, False, 12),
        (0, [GOOD, DOES_NOT_APPLY], WORSE, False, 10),
        (2, [GOOD], WORSE, True, 2),
        (0, [GOOD, OPEN], SAME, False, 0),
        (0, [GOOD, OPEN], SAME, True, 11),
        (0, [GOOD, OPEN], None, True, 11),
        (0, [GOOD, OPEN], WORSE, True, 10),
        (0, [GOOD, OPEN], OTHER, True, 12),
        (0, [GOOD, CONTROLS], None, True, 0),
        (0, [GOOD], None, True, 0),
        (1, [GOOD, OPEN], None, True, 1),
    ],
)
def test_with_baseline_and_strict(
    status: int, rows: list[ClaimTest], comparison: Comparison | None, strict: bool, expected: int
) -> None:
    assert exit_status(status, rows, comparison=comparison, strict=strict) == expected


def test_a_report_that_was_not_written_comes_before_a_regression() -> None:
    assert exit_status(0, [GOOD], written=False, comparison=WORSE) == 12


def test_controls_are_named_as_models_are() -> None:
    assert is_control(f"{UNTRAINED}llama-794k")
