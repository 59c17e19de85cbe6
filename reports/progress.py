"""Plugin: a progress bar over the claims of a run, on a terminal and in a log.

On a terminal one line is drawn again and again; in a log a line is written whenever another tenth is done. While it
runs, the dots of the claims' tests are left out. Only the controller draws; a run without claims sees nothing of it.
"""

import shutil
from collections.abc import Sequence

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iclgd_core.account import label, subject
from iclgd_core.channel import EVIDENCE
from iclgd_core.evidence import Evidence
from reports.plain_text import plain

NAME = "iclgd-claims-progress"
BAR_WIDTH = 30
WIDE = 400
"""Room for the bar to be drawn in full; the line is cut to the terminal afterwards."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the bar where reports arrive."""
    if not hasattr(config, "workerinput") and not config.getoption("collectonly", False):
        config.pluginmanager.register(ClaimsProgress(config), NAME)


class ClaimsProgress:
    """State of the bar."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._ids: set[str] = set()
        self._done: set[str] = set()
        self._tenth = 0
        self._console = Console(width=WIDE, force_terminal=False, color_system=None)
        self._progress = Progress(
            TextColumn("claims"), BarColumn(BAR_WIDTH), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[last]}", markup=False), console=self._console, auto_refresh=False,
        )  # fmt: skip
        self._bar = self._progress.add_task("claims", total=None, last="")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Learn how many tests there are; all workers collect the same."""
        self._expect(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many tests a serial run has."""
        self._expect([item.nodeid for item in session.items])

    def _expect(self, ids: Sequence[str]) -> None:
        if ids:
            self._ids.update(ids)
            self._progress.update(self._bar, total=len(self._ids))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Move on when a claim's evidence arrives."""
        wires = [value for name, value in report.user_properties if name == EVIDENCE]
        if report.when != "teardown" or not wires or report.nodeid in self._done:
            return
        self._done.add(report.nodeid)
        evidence = Evidence.from_wire(str(wires[-1]))
        last = plain(f"{label(evidence)} {subject(evidence)}")
        self._progress.update(self._bar, completed=len(self._done), last=last)
        self._draw()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a claim's test without a letter: the bar stands for it."""
        if report.when == "call" and report.passed and any(name == EVIDENCE for name, _ in report.user_properties):
            return "passed", "", ""
        return None

    def _draw(self) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        with self._console.capture() as capture:
            self._console.print(self._progress.get_renderable(), end="", soft_wrap=True)
        line = " ".join(capture.get().split("\n")).rstrip()[: shutil.get_terminal_size((100, 24)).columns - 1]
        if terminal.isatty:
            terminal.rewrite(line, erase=True)
            return
        tenth = 10 * len(self._done) // max(1, len(self._ids))
        if tenth > self._tenth:
            self._tenth = tenth
            terminal.ensure_newline()
            terminal.write_line(line)
