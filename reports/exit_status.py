"""From rows to the exit status of the run: the gate decided, or the gate could not decide."""

from collections.abc import Sequence

from iclgd_core.evidence import Verdict
from reports.collector import Row

OK, CLAIM_FAILED = 0, 1
INCOMPLETE = 12
"""Evidence is missing, nothing was verified, or the report could not be written. pytest uses 0 to 6."""


def missed(row: Row) -> bool:
    """Return whether a test recorded a verdict, or an error, other than the one expected of it."""
    return row.recorded and row.evidence.verdict not in (row.evidence.expected, Verdict.NOT_RUN)


def exit_status(pytest_status: int, rows: Sequence[Row], written: bool) -> int:
    """Return the exit status of a run with at least one claim.

    pytest's own codes from 2 on are kept. Then, in this order: 1 if a claim is not as expected, 12 if
    evidence is missing, and, where pytest found no failure, 12 if every claim was left out or no report could
    be written.
    """
    if pytest_status not in (OK, CLAIM_FAILED):
        return pytest_status
    if any(missed(row) for row in rows):
        return CLAIM_FAILED
    if not all(row.recorded for row in rows):
        return INCOMPLETE
    nothing = all(row.evidence.verdict is Verdict.NOT_RUN for row in rows)
    return INCOMPLETE if pytest_status == OK and (nothing or not written) else pytest_status
