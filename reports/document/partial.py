"""Why a report is not that of a whole run, for what a part would mislead: registered verdicts, tables of a README."""

from iclgd_core.evidence.verdict import Verdict

from ..collect.families import partial_families
from .report import Report

INSTALLED = ("iclgd_core/suite", "iclgd_core/suite/claims")
"""How the path of the suite ends where it is installed; in a checkout its claims lie in `claims`."""


def unfinished(report: Report) -> list[str]:
    """Return why a report lacks something of what was run: errors, tests without evidence, parts of families."""
    found = []
    errors = sum(item.verdict is Verdict.ERROR for item in report.evidence)
    missing = max(0, len(report.evidence) - report.with_evidence)
    if report.run.get("complete") is not True or errors or missing:
        of = f"of {len(report.evidence)} claim tests"
        found.append(f"{errors} {of} ended in an error, {missing} recorded nothing")
    if parts := partial_families(report.evidence):
        found.append(f"it is a selection with {', '.join(map(str, parts))}")
    return found


def selected(report: Report) -> list[str]:
    """Return why a report has a selection of the claims, as its header tells; empty where it has all, or is not told.

    A report of before there were selections tells the number of tests that were left out alone.
    """
    selection, count = report.run.get("selection"), report.run.get("deselected")
    found = [f"{count} tests were left out"] if isinstance(count, int) and count else []
    if isinstance(selection, dict):
        paths, filters = ([str(one) for one in value] if isinstance(value := selection.get(name), list) else []
                          for name in ("paths", "filters"))  # fmt: skip
        found += [f"it was run with {', '.join(filters)}"] if filters else []
        found += [f"it ran {', '.join(paths)} alone"] if paths and not any(map(_holds_all, paths)) else []
    return found


def _holds_all(path: str) -> bool:
    """Return whether all claims of the suite lie below a path: it is theirs, the root directory, or one above it."""
    return not path.strip("./") or path == "claims" or path.endswith(INSTALLED)
