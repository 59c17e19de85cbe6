"""What a run says of its claims on the terminal, at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from iclgd_core.evidence.record import Evidence

from ..compare import Comparison, Status, render_comparison
from ..render.console import terminal_width
from ..render.plain_text import plain
from ..render.terminal import render_claims, render_plan
from .exit_status import INCOMPLETE, OK, REGRESSION, UNDECIDED
from .finishing import Finished

WHY = {
    INCOMPLETE: "incomplete, a claim was left out, or nothing was verified",
    REGRESSION: "a claim is worse than in the baseline",
    UNDECIDED: "inconclusive verdicts, which --iclgd-strict does not accept",
}


@dataclass
class Closing:
    """What there is to say.

    Attributes:
        finished: the run with its report, if it had claims.
        plan: the evidence of a plan.
        empty: whether the run had no claims although it was asked for some.
        warnings: what went wrong beside the report, a line each.
    """

    finished: Finished | None = None
    plan: Sequence[Evidence] = ()
    empty: bool = False
    warnings: list[str] = field(default_factory=list)

    def warn(self, line: str) -> None:
        """Add a warning; an empty one is none."""
        if line:
            self.warnings.append(line)

    def show(self, terminal: pytest.TerminalReporter, verbosity: int) -> None:
        """Write all of it, at length by the verbosity (see `render_claims`)."""
        colour, width = terminal.hasmarkup, terminal_width()
        if self.plan:
            terminal.section("claims plan")
            terminal.write(render_plan(self.plan, width, colour))
        elif self.finished is not None:
            terminal.section("claims")
            report = self.finished.report
            terminal.write(render_claims(report.evidence, report.with_evidence, width, colour, verbosity))
            self._show_baseline(terminal, self.finished.comparison, width, colour)
            self._show_files(terminal, self.finished)
        elif self.empty:
            terminal.write_line("No claim was run: no claims report was written, and an earlier one stays as it is.")
        for warning in self.warnings:
            terminal.write_line(plain(f"WARNING: {warning}"), yellow=True)

    def _show_baseline(
        self, terminal: pytest.TerminalReporter, comparison: Comparison | None, width: int, colour: bool
    ) -> None:
        if comparison is None:
            return
        terminal.section("claims against the baseline")
        terminal.write(render_comparison(comparison, width, colour))
        if comparison.status is Status.NOT_COMPARABLE:
            terminal.write_line("ERROR: the baseline and this run are not comparable: nothing was verified.", red=True)

    def _show_files(self, terminal: pytest.TerminalReporter, finished: Finished) -> None:
        paths = [str(path) for path in finished.written.paths]
        if paths:
            terminal.write_line(plain(f"Claims report: {', '.join(paths)}"))
        for failure in finished.written.failures:
            terminal.write_line(plain(f"ERROR: {failure}"), red=True)
        if finished.status != OK and finished.status in WHY:
            terminal.write_line(f"Exit status {finished.status}: {WHY[finished.status]}.", red=True)
