"""The report in the summary of a CI job: appended to the file that GITHUB_STEP_SUMMARY names."""

import os
from collections.abc import Mapping
from pathlib import Path

from ..document.report import Report
from .markdown_summary import LIMIT as SUMMARY
from .markdown_summary import render_summary
from .markdown_text import LIMIT

VARIABLE = "GITHUB_STEP_SUMMARY"
FEWEST = 2048
"""Bytes below which a summary would say nothing."""


def append_summary(report: Report, environment: Mapping[str, str]) -> str:
    """Append the summary where the environment asks for it; return why that failed, or an empty text.

    The file, with what other tools wrote to it, stays within 1 MiB: a larger one would be dropped as a whole.
    """
    place = environment.get(VARIABLE)
    if not place:
        return ""
    try:
        path = Path(place)
        room = LIMIT - (path.stat().st_size if path.exists() else 0) - 1
        text = render_summary(report, min(room, SUMMARY)) if room >= FEWEST else ""
        if not text:
            return f"{VARIABLE}: {place} has no room left for the claims; they are in the report."
        with path.open("ab") as file:
            file.write(("\n" + text).encode())
            file.flush()
            os.fsync(file.fileno())
    except Exception as error:  # a summary is a courtesy: nothing about it may fail a run
        return f"{VARIABLE}: the claims could not be added to {place} ({type(error).__name__}: {error})."
    return ""
