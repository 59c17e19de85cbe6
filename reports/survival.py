"""Plugin: keeps the journal while a run goes on, and ends an orderly run on SIGTERM as on Ctrl-C.

Only the controller does; a worker that is killed loses what it had not sent, which is at most one test. A run without
claims keeps no journal.
"""

import signal
import threading
from collections.abc import Sequence
from types import FrameType

import pytest

from iclgd_core.evidence.channel import CLAIM

from .collect.deselection import selection_of
from .collect.header import header, note_start, now
from .collect.journal import Journal
from .plugin import options_of_run, runs_tests

NAME = "iclgd-claims-journal"


def pytest_configure(config: pytest.Config) -> None:
    """Register the journal where reports arrive."""
    if runs_tests(config):
        config.pluginmanager.register(Survival(config), NAME)


class Survival:
    """State and hooks of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._options = options_of_run(config)
        self._started = now()
        note_start(config.rootpath)
        self._workers = 0
        self._claims: list[str] = []
        self._journal: Journal | None = None
        self._failed = False
        self._handler: object = None

    def pytest_sessionstart(self) -> None:
        """Let SIGTERM, which CI sends before it kills, end the run as Ctrl-C does: with a report."""
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGTERM)
            if before is signal.SIG_DFL:
                self._handler = signal.signal(signal.SIGTERM, _interrupt)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Count the workers."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_iclgd_collected(self, claims: Sequence[str]) -> None:
        """Note the claims among what was collected."""
        self._claims = list(claims) or self._claims
        if self._journal is not None:
            self._journal.expect(claims)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report carries before anything else is done with it."""
        if self._journal is None and any(name == CLAIM for name, _ in report.user_properties):
            self._begin()
        if self._journal is not None:
            try:
                self._journal.add(report)
            except OSError as error:
                self._give_up(error)

    def _begin(self) -> None:
        """Open the journal with the first claim; a plan writes none."""
        if self._failed or self._options.plan:
            return
        run = header(self._config.rootpath, self._started, self._workers, self._options)
        run |= {"selection": selection_of(self._config, None)}
        self._config.hook.pytest_iclgd_run(config=self._config, run=run)
        try:
            self._journal = Journal(self._options.report, run)
            self._journal.expect(self._claims)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Go on without a journal: the report at the end does not need one."""
        self._journal, self._failed = None, True
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(f"iclgd: no journal is kept, so a killed run could not be recovered: {error}")

    def pytest_unconfigure(self) -> None:
        """Remove the journal once the report is written; keep it if there is none. Give the signal back."""
        if self._journal is not None:
            self._journal.close(keep=not self._report_is_newer())
            self._journal = None
        if self._handler is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._handler = None

    def _report_is_newer(self) -> bool:
        assert self._journal is not None  # noqa: S101  (asked by the one caller that has it)
        written = self._journal.path.parent / "claims.json"
        return written.exists() and written.stat().st_mtime_ns >= self._journal.path.stat().st_mtime_ns


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
