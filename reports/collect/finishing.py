"""The end of a run: its header completed, held against its baseline, written, and its exit status."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from iclgd_core.errors import StorageError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.run_options import RunOptions

from ..compare import Comparison, compare, comparison_document
from ..document.json_report import FILE_NAME, write
from ..document.report import Report, document, report_of
from ..document.report_directory import WrittenReport, write_report
from ..document.saved import Saved
from .collector import ClaimTest
from .exit_status import exit_status

THIS_RUN = "this run"


@dataclass(frozen=True)
class Finished:
    """A run that is over.

    Attributes:
        report: what it found; its header has `complete`, `exit_status` and, if there is one, `baseline`.
        written: the files.
        comparison: of the baseline with the run; None without a baseline.
        status: the exit status.
    """

    report: Report
    written: WrittenReport
    comparison: Comparison | None
    status: int


def finish(
    rows: Sequence[ClaimTest],
    run: Mapping[str, Json],
    pytest_status: int,
    options: RunOptions,
    baseline: Saved | None = None,
) -> Finished:
    """Write the report of rows with verdicts.

    The exit status in the header is that of the process. Where a file could not be written, that changes it, and
    claims.json is written once more if it can be.
    """
    first, strict = _report(rows, run), options.strict
    comparison = None
    more: dict[str, Json] = {}
    if baseline is not None:
        comparison = compare(baseline.report, first, f"{baseline.path}, sha256 {baseline.sha256}", THIS_RUN)
        more["baseline"] = {
            "path": str(baseline.path),
            "sha256": baseline.sha256,
            "comparison": comparison_document(comparison),
        }
    status = exit_status(pytest_status, rows, comparison=comparison, strict=strict)
    report = _report(rows, {**run, **more, "exit_status": status})
    written = write_report(report, options.report)
    if written.failures:
        status = exit_status(pytest_status, rows, written=False, comparison=comparison, strict=strict)
        report = _report(rows, {**run, **more, "exit_status": status})
        if any(path.name == FILE_NAME for path in written.paths):
            with suppress(StorageError):
                write(document(report), options.report)
    return Finished(report, written, comparison, status)


def _report(rows: Sequence[ClaimTest], run: Mapping[str, Json]) -> Report:
    recorded = [row.recorded for row in rows]
    return report_of([row.evidence for row in rows], {**run, "complete": all(recorded)}, sum(recorded))
