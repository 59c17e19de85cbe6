"""Reports as a run leaves them: with what the end of a run adds to their header."""

from dataclasses import replace

from iclgd_core.evidence.plain import Json
from reports.document.report import Report
from tests.reports.sample import RUN, sample_report

HEADER: dict[str, Json] = {**RUN, "complete": True, "exit_status": 0}


def finished(report: Report, **more: Json) -> Report:
    """Return the report with a complete header; its own entries win over the sample's, `more` over both."""
    own = {name: value for name, value in report.run.items() if name not in RUN}
    return replace(report, run={**HEADER, **own, **more})


def finished_sample(**more: Json) -> Report:
    """Return the sample report as a run leaves it: one test recorded nothing, so it is incomplete."""
    return finished(sample_report(), **{"complete": False, "exit_status": 1, **more})
