"""Plugin: gathers evidence from test reports, adjudicates it when the run is over, shows and writes it.

Only the controller does any of this; a worker registers nothing. A run without claims is left as it is.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from iclgd_core.account import account
from iclgd_core.adjudication import adjudicate
from iclgd_core.errors import StorageError
from iclgd_core.evidence import Evidence, Json
from reports import hooks, json_report
from reports.collector import Collector, Row
from reports.document import document, report_of
from reports.exit_status import exit_status, missed
from reports.header import header, now, resolved_option
from reports.plain_text import plain, plain_lines
from reports.terminal import render_claims, render_plan

NAME = "iclgd-claims-report"
DEFAULT_DIRECTORY = ".iclgd/report"


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the hooks of reports."""
    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter where reports arrive."""
    if not hasattr(config, "workerinput") and not config.getoption("collectonly", False):
        config.pluginmanager.register(ClaimsReporter(config), NAME)


class ClaimsReporter:
    """State and hooks of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._collector = Collector()
        self._started = now()
        self._workers = 0
        self._rows: list[Row] = []
        self._turning = False
        self._plan = False
        self._outcome_line = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Count the workers."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note what a worker collected; the controller collects nothing itself."""
        self._collector.expect(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what a serial run collected."""
        self._collector.expect(item.nodeid for item in session.items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one report."""
        if not self._turning:
            self._collector.add(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a test that failed after the run without a letter in the progress line."""
        return ("failed", "", "") if self._turning else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Adjudicate, fail what is not as expected, write the report, set the exit status."""
        rows = self._collector.rows()
        if not rows:
            return
        evidence = adjudicate([row.evidence for row in rows])
        self._rows = [replace(row, evidence=item) for row, item in zip(rows, evidence, strict=True)]
        run = header(self._config.rootpath, self._started, self._workers)
        self._config.hook.pytest_iclgd_run(config=self._config, run=run)
        self._plan = resolved_option(run, "plan", "False") == "True"
        if self._plan:
            return
        for row in self._rows:
            if missed(row) and not row.failed:
                self._turn(row)
        written = self._write(run)
        session.exitstatus = exit_status(int(exitstatus), self._rows, written)

    @property
    def _evidence(self) -> list[Evidence]:
        return [row.evidence for row in self._rows]

    @property
    def _recorded(self) -> int:
        return sum(row.recorded for row in self._rows)

    def _turn(self, row: Row) -> None:
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
            longrepr=plain_lines(account(row.evidence, verdicts)),
            when="call",
        )
        self._turning = True
        self._config.hook.pytest_runtest_logreport(report=failure)
        self._turning = False

    def _write(self, run: dict[str, Json]) -> bool:
        directory = Path(resolved_option(run, "report", str(self._config.rootpath / DEFAULT_DIRECTORY)))
        try:
            path = json_report.write(document(report_of(self._evidence, run, self._recorded)), directory)
        except StorageError as error:
            self._outcome_line = f"ERROR: {error}"
            return False
        self._outcome_line = f"Claims report: {path}"
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the tables and where the report is."""
        if not self._rows:
            return
        colour, width = terminalreporter.hasmarkup, shutil.get_terminal_size((100, 24)).columns
        terminalreporter.section("claims plan" if self._plan else "claims")
        if self._plan:
            terminalreporter.write(render_plan(self._evidence, width, colour))
            return
        terminalreporter.write(render_claims(self._evidence, self._recorded, width, colour))
        failed = self._outcome_line.startswith("ERROR")
        terminalreporter.write_line(plain(self._outcome_line), red=failed)


def _is_call_of(report: object, node_id: str) -> bool:
    return getattr(report, "nodeid", None) == node_id and getattr(report, "when", None) == "call"
