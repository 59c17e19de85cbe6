"""The directory of a report: claims.json first, then what is drawn from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from iclgd_core.errors import StorageError
from iclgd_core.evidence.run_options import DEFAULT_REPORT

from ..render.html import render_html
from ..render.markdown import render_markdown
from .json_report import FILE_NAME, write, write_whole
from .report import Report, document

DEFAULT = Path(DEFAULT_REPORT)
HTML_NAME = "index.html"
MARKDOWN_NAME = "claims.md"

Renderer = Callable[[Report], str]

RENDERERS: Mapping[str, Renderer] = {HTML_NAME: render_html, MARKDOWN_NAME: render_markdown}
"""Each file that is drawn from a report, and by what; pure functions of the report."""


@dataclass(frozen=True)
class WrittenReport:
    """What became of a report's files.

    Attributes:
        paths: the files that were written.
        failures: one line for each that was not.
    """

    paths: tuple[Path, ...]
    failures: tuple[str, ...]


def write_report(report: Report, directory: Path) -> WrittenReport:
    """Write claims.json and all that is drawn from it; what fails takes nothing else along."""
    try:
        saved = write(document(report), directory)
    except StorageError as error:
        return WrittenReport((), (str(error),))
    drawn = draw(report, directory)
    return WrittenReport((saved, *drawn.paths), drawn.failures)


def draw(report: Report, directory: Path) -> WrittenReport:
    """Write what is drawn from a report, beside its claims.json."""
    paths, failures = [], []
    for name, render in RENDERERS.items():
        try:
            paths.append(write_whole(render(report), directory / name))
        except StorageError as error:
            failures.append(f"{error} {FILE_NAME} is complete.")
        except Exception as error:  # a renderer's own fault must not lose the evidence
            failures.append(f"{name} could not be drawn ({type(error).__name__}: {error}). {FILE_NAME} is complete.")
    return WrittenReport(tuple(paths), tuple(failures))
