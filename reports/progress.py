"""Plugin: a progress bar over the claims of a run, on a terminal and in a log, that moves within a long claim too.

On a terminal one line is drawn again and again; in a log a line is written whenever another tenth is done, and for a
claim that runs for 1, 2, 4, ... minutes. While it runs, the dots of the claims' tests are left out. Only the controller
draws; a run without claims sees nothing of it.

Between the reports of tests a thread looks at what the workers say of the claims that they run (`ticker`).
"""

import sys
import threading
import time
from collections.abc import Sequence

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.in_words import label, subject
from iclgd_core.evidence.progress import Running
from iclgd_core.evidence.record import Evidence
from iclgd_core.safety.redaction import redact

from .collect.collector import PHASES
from .collect.ticker import Ticker
from .collect.time_left import Pace, in_words
from .render.console import terminal_width
from .render.plain_text import plain

NAME = "iclgd-claims-progress"
BAR_WIDTH, NARROW_BAR_WIDTH = 20, 10
WIDE = 400
"""Room for the bar to be drawn in full; on a terminal the line is cut to it afterwards."""

ROOMY = 100
"""Characters of a line from which on the bar is wide and the time left says how it was estimated."""

LONG = 60.0
"""Seconds after which a log says what a claim is at; then after twice as many, and so on."""

ON_TERMINAL, IN_LOG = 1.0, 10.0
"""Seconds between two looks at what runs."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the bar where reports arrive."""
    if not hasattr(config, "workerinput") and not config.getoption("collectonly", False):
        config.pluginmanager.register(ClaimsProgress(config), NAME)


class ClaimsProgress:
    """State of the bar."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stdout = sys.stdout  # now, when pytest does not hold it
        self._ids: dict[str, None] = {}
        self._done: set[str] = set()
        self._over: set[str] = set()
        self._workers = 1
        self._tenth = 0
        self._said: dict[str, float] = {}
        self._pace = Pace()
        self._last = ""
        self._ticker: Ticker | None = None
        self._lock = threading.Lock()
        self._console = Console(width=WIDE, force_terminal=False, color_system=None)
        self._drawn_bar = BarColumn(BAR_WIDTH)
        self._progress = Progress(
            TextColumn("claims"), self._drawn_bar, MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[text]}", markup=False), console=self._console, auto_refresh=False,
        )  # fmt: skip
        self._bar = self._progress.add_task("claims", total=None, text="")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Count the workers."""
        self._workers = max(1, len(specs))

    @pytest.hookimpl(optionalhook=True)
    def pytest_iclgd_collected(self, claims: Sequence[str]) -> None:
        """Learn how many claims there are; all workers collect the same."""
        if claims:
            self._ids.update(dict.fromkeys(claims))
            self._progress.update(self._bar, total=len(self._ids))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Move on when a claim's evidence arrives; look at what runs from the first claim on."""
        wires = [value for name, value in report.user_properties if name == EVIDENCE]
        if report.when == "teardown" or report.when not in PHASES:
            self._over.add(report.nodeid)
        if self._ticker is None and any(name in (CLAIM, EVIDENCE) for name, _ in report.user_properties):
            self._begin()
        if report.when != "teardown" or not wires or report.nodeid in self._done:
            return
        evidence = Evidence.from_wire(str(wires[-1]))
        with self._lock:
            self._done.add(report.nodeid)
            self._pace.finished(report.nodeid, evidence.seconds)
            self._last = f"{label(evidence)} {subject(evidence)}"
        self._draw()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a claim's test without a letter: the bar stands for it."""
        if report.when == "call" and report.passed and any(name == EVIDENCE for name, _ in report.user_properties):
            return "passed", "", ""
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Draw no more."""
        self._end()

    def pytest_unconfigure(self) -> None:
        """Draw no more, however the run ended."""
        self._end()

    def _begin(self) -> None:
        terminal = self._terminal()
        if terminal is not None:
            self._ticker = Ticker(self.tick, self._stdout, ON_TERMINAL if terminal.isatty else IN_LOG)

    def _end(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()

    def _terminal(self) -> pytest.TerminalReporter | None:
        found: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        return found

    def _draw(self) -> None:
        terminal = self._terminal()
        if terminal is None:
            return
        tenth = 10 * len(self._done) // max(1, len(self._ids))
        if terminal.isatty:
            terminal.rewrite(self.line(), erase=True)
        elif tenth > self._tenth:
            self._tenth = tenth
            terminal.ensure_newline()
            terminal.write_line(self.line())
        terminal.flush()

    def tick(self, now: float) -> list[str]:
        """Return the lines to be shown now: on a terminal that of the bar, in a log those of claims that run long."""
        terminal = self._terminal()
        if terminal is None or len(self._done) >= len(self._ids):
            return []
        if terminal.isatty:
            return [self.line()]
        due = [one for one in self._running() if now - one.since >= self._said.get(one.node_id, LONG)]
        for one in due:
            while self._said.setdefault(one.node_id, LONG) <= now - one.since:
                self._said[one.node_id] *= 2
        lines = [self.line(one) for one in due]
        if lines and terminal.currentfspath:  # the line on which a file's tests are counted has not ended
            terminal.currentfspath = None
            lines.insert(0, "")
        return lines

    def line(self, about: Running | None = None) -> str:
        """Return the bar: how many are done, the time left, how far a claim has come that runs.

        Args:
            about: which one; by default that which runs longest.
        """
        now, runs, terminal = time.time(), self._running(), self._terminal()
        columns = terminal_width() if terminal is not None and terminal.isatty else WIDE
        with self._lock:
            rest = [node_id for node_id in self._ids if node_id not in self._done]
            left = self._pace.left(rest, runs, self._workers, now) if rest else None
            at = _at(about, now) if about else f"{_at(runs[0], now)}{_others(runs)}" if runs else self._last
            how = " at this pace" if columns >= ROOMY else ""
            text = "; ".join(filter(None, ["" if left is None else f"{in_words(left)} left{how}", at]))
            self._drawn_bar.bar_width = BAR_WIDTH if columns >= ROOMY else NARROW_BAR_WIDTH
            self._progress.update(self._bar, completed=len(self._done), text=redact(text))
            with self._console.capture() as capture:
                self._console.print(self._progress.get_renderable(), end="", soft_wrap=True)
        return plain(" ".join(capture.get().split("\n"))).rstrip()[: columns - 1]

    def _running(self) -> list[Running]:
        """Return what runs, by the workers' word, without what is over: a worker that died says nothing more."""
        found: list[Running] | None = None
        if hasattr(self._config.hook, "pytest_iclgd_running"):
            found = self._config.hook.pytest_iclgd_running(config=self._config)
        return [one for one in found or [] if one.node_id not in self._over]


def _at(running: Running, now: float) -> str:
    """Say what a claim is at, for example `steps of GD 120/384, S1 [optimizer=sgd1] for 3 min`."""
    seconds = now - running.since
    steps = f" {running.done}/{running.total}" if running.total else ""
    what = f"{running.what}{steps}, " if running.what else ""
    return f"{what}{running.label}" + (f" for {in_words(seconds)}" if seconds >= LONG else "")


def _others(runs: Sequence[Running]) -> str:
    return f" (+{len(runs) - 1})" if len(runs) > 1 else ""
