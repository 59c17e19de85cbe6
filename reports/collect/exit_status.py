"""From rows to the exit status of the run: the one place that says what `pytest claims` exits with.

In this order; the first that holds decides:

1. pytest's own 2 to 6 (interrupted, internal error, usage error, nothing selected, too many warnings) are kept.
2. `CLAIM_FAILED` (1): a claim's verdict is not the expected one, or it ended in an error.
3. `INCOMPLETE` (12): evidence is missing, so that nobody knows.
4. 1 again: pytest found another failure, in a test that is no claim or in a teardown.
5. `INCOMPLETE` (12): a claim was left out (`not run`) of which another verdict is expected, as by a skip mark; nothing
   was verified (every claim was left out, be that expected); the report could not be written in full; or the run and
   its baseline are not comparable.
6. `REGRESSION` (10): a claim is worse than in the baseline (`--iclgd-baseline`).
7. `UNDECIDED` (11): with `--iclgd-strict`, a verdict is `inconclusive`, be it the expected one; of controls without ICL
   it is what must come out, and does not count.
8. `OK` (0): all as expected.
"""

from collections.abc import Sequence

from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.verdict import Verdict

from ..compare import Comparison, Status
from .collector import ClaimTest

OK, CLAIM_FAILED = 0, 1
REGRESSION = 10
UNDECIDED = 11
INCOMPLETE = 12


def missed(row: ClaimTest) -> bool:
    """Return whether a test recorded a verdict, or an error, other than the one expected of it."""
    return row.recorded and row.evidence.verdict not in (row.evidence.expected, Verdict.NOT_RUN)


def left_out(row: ClaimTest) -> bool:
    """Return whether a claim was not run although a verdict is expected of it; a skip is no way past the gate."""
    return row.evidence.verdict is Verdict.NOT_RUN and row.evidence.expected is not Verdict.NOT_RUN


def undecided(row: ClaimTest) -> bool:
    """Return whether a verdict is inconclusive where it could have been another one."""
    return row.evidence.verdict is Verdict.INCONCLUSIVE and not is_control(row.evidence.model)


def exit_status(
    pytest_status: int,
    rows: Sequence[ClaimTest],
    written: bool = True,
    comparison: Comparison | None = None,
    strict: bool = False,
) -> int:
    """Return the exit status of a run; the order of precedence is in the module's text.

    Args:
        pytest_status: what pytest would exit with.
        rows: one for each claim test; none at all means that nothing was verified.
        written: whether all files of the report were written.
        comparison: of the baseline with this run, if there is a baseline.
        strict: whether an inconclusive verdict is a failure.
    """
    if pytest_status not in (OK, CLAIM_FAILED):
        return pytest_status
    if any(missed(row) for row in rows):
        return CLAIM_FAILED
    if not all(row.recorded for row in rows):
        return INCOMPLETE
    if pytest_status == CLAIM_FAILED:
        return CLAIM_FAILED
    against = Status.EQUAL if comparison is None else comparison.status
    nothing = all(row.evidence.verdict is Verdict.NOT_RUN for row in rows)
    if nothing or any(left_out(row) for row in rows) or not written or against is Status.NOT_COMPARABLE:
        return INCOMPLETE
    if against is Status.WORSE:
        return REGRESSION
    return UNDECIDED if strict and any(undecided(row) for row in rows) else OK
