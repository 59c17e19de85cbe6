"""Plugin: gathers evidence from test reports, adjudicates it when the run is over, shows and writes it.

Only the controller does any of this; a worker registers nothing. A run without claims is left as it is.
"""

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from iclgd_core.errors import IclgdError
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.in_words import described
from iclgd_core.evidence.run_options import RunOptions

from .collect import hooks
from .collect.claim_tests import NAME as CLAIM_TESTS
from .collect.claim_tests import ClaimTests
from .collect.closing import Closing
from .collect.collector import ClaimTest, Collector
from .collect.deselection import NAME as DESELECTION
from .collect.deselection import Deselection, selection_of
from .collect.exit_status import INCOMPLETE, OK, missed
from .collect.finishing import finish
from .collect.header import header, now
from .document.report_directory import DEFAULT
from .document.saved import Saved, read_saved
from .render.junit import annotate
from .render.plain_text import plain_lines
from .render.step_summary import append_summary

NAME = "iclgd-claims-report"
RUNS_NO_TEST = ("iclgd_doctor", "collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the hooks of reports."""
    pluginmanager.add_hookspecs(hooks)


def runs_tests(config: pytest.Config) -> bool:
    """Return whether this process gathers the reports of tests that are really run."""
    return not hasattr(config, "workerinput") and not any(config.getoption(name, False) for name in RUNS_NO_TEST)


def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter where reports arrive; read the baseline, so that a bad one is refused before any work."""
    deselected, claim_tests = Deselection(config), ClaimTests(config)
    config.pluginmanager.register(deselected, DESELECTION)
    config.pluginmanager.register(claim_tests, CLAIM_TESTS)
    if runs_tests(config):
        config.pluginmanager.register(ClaimsReporter(config, deselected, claim_tests), NAME)


def options_of_run(config: pytest.Config) -> RunOptions:
    """Return the options of the run, those of no option given where no plugin knows any."""
    found: RunOptions | None = config.hook.pytest_iclgd_options(config=config)
    return RunOptions(config.rootpath / DEFAULT) if found is None else found


def _baseline(options: RunOptions) -> Saved | None:
    try:
        return None if options.baseline is None else read_saved(options.baseline)
    except IclgdError as error:
        raise pytest.UsageError(f"--iclgd-baseline: {error}") from error


class ClaimsReporter:
    """State and hooks of one run."""

    def __init__(self, config: pytest.Config, deselected: Deselection, claim_tests: ClaimTests) -> None:
        self._config = config
        self._options = options_of_run(config)
        self._baseline = _baseline(self._options)
        self._deselected = deselected
        self._claim_tests = claim_tests
        self._collector = Collector()
        self._started = now()
        self._workers = 0
        self._turning = False
        xml = config.getoption("xmlpath", None)
        self._junit = Path(os.path.expandvars(xml)).expanduser().absolute() if xml else None
        self._closing = Closing()

    def pytest_report_header(self) -> list[str]:
        """Name the baseline."""
        if self._baseline is None:
            return []
        return [plain_lines(f"iclgd baseline: {self._baseline.path}, sha256 {self._baseline.sha256}")]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Count the workers."""
        self._workers = len(specs)

    def pytest_iclgd_collected(self, claims: Sequence[str]) -> None:
        """Note the claims among what was collected."""
        self._collector.expect(claims)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one report."""
        if not self._turning:
            self._collector.add(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a test that failed after the run without a letter in the progress line."""
        return ("failed", "", "") if self._turning else None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Finish before other plugins do, so that they see every failure; then mend the JUnit file that one wrote."""
        self._finish(session, int(exitstatus))
        result = yield
        self._mend_junit()
        return result

    def _finish(self, session: pytest.Session, pytest_status: int) -> None:
        """Decide the verdicts, fail what is not as expected, write the report, set the exit status."""
        rows = self._collector.rows()
        if not rows:
            empty = pytest_status == OK and self._claim_tests.meant
            session.exitstatus = INCOMPLETE if empty else session.exitstatus
            self._closing.empty = empty or pytest_status == pytest.ExitCode.NO_TESTS_COLLECTED
            return
        evidence = with_verdicts([row.evidence for row in rows])
        rows = [replace(row, evidence=item) for row, item in zip(rows, evidence, strict=True)]
        count = self._deselected.count
        run = header(self._config.rootpath, self._started, self._workers, self._options)
        run |= {"deselected": count, "selection": selection_of(self._config, count)}
        self._config.hook.pytest_iclgd_run(config=self._config, run=run)
        if self._options.plan:
            self._closing.plan = evidence
            return
        for row in rows:
            if missed(row) and not row.failed:
                self._turn(row)
        finished = finish(rows, run, pytest_status, self._options, self._baseline)
        session.exitstatus = finished.status
        self._closing.finished = finished
        self._closing.warn(append_summary(finished.report, os.environ))

    def _turn(self, row: ClaimTest) -> None:
        """Count a test as failed that passed before the correction for multiplicity was known."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            for reports in terminal.stats.values():
                reports[:] = [r for r in reports if not _is_call_of(r, row.node_id)]
        verdicts = [] if row.evidence.verdict is None else [row.evidence.verdict]
        failure = pytest.TestReport(
            nodeid=row.node_id,
            location=(row.node_id.split("::")[0], None, row.node_id.split("::", 1)[-1]),
            keywords={},
            outcome="failed",
            longrepr=plain_lines(described(row.evidence, verdicts)),
            when="call",
        )
        self._turning = True
        self._config.hook.pytest_runtest_logreport(report=failure)
        self._turning = False

    def _mend_junit(self) -> None:
        finished = self._closing.finished
        if self._junit is None or finished is None:
            return
        try:
            annotate(self._junit, finished.report.evidence)
        except Exception as error:  # a file for other tools: nothing about it may fail a run
            why = f"{type(error).__name__}: {error}"
            self._closing.warn(f"{self._junit} is as pytest wrote it, without the verdicts ({why}).")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the tables and where the report is."""
        self._closing.show(terminalreporter, self._config.get_verbosity())


def _is_call_of(report: object, node_id: str) -> bool:
    return getattr(report, "nodeid", None) == node_id and getattr(report, "when", None) == "call"
