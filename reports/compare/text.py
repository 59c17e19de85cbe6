"""A comparison as text for a terminal."""

from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..render.plain_text import plain
from .comparison import Change, Comparison, Difference, Status
from .words import NONE, arrow, difference, name, not_run

STYLES = {Change.WORSE: "red", Change.NOT_COMPARABLE: "magenta", Change.IMPROVED: "green"}
STATUS_STYLES = {Status.EQUAL: "green", Status.WORSE: "red", Status.NOT_COMPARABLE: "magenta"}
NARROWEST = 40
INDENT = 4


def render_comparison(comparison: Comparison, width: int, colour: bool) -> str:
    """Return what flipped, what moved, what is in one only, what differs between the runs, and the outcome.

    Each sub-claim is a few lines rather than a row, so that any width will do. Those that neither changed nor moved,
    and those that B was not asked for, are counted at the end.
    """
    console = _console(width, colour)
    console.print(Text(plain(f"A: {comparison.before}")))
    console.print(Text(plain(f"B: {comparison.after}")))
    for header in comparison.headers:
        _indented(console, f"{header.name}: {header.before or 'none'} to {header.after or 'none'}", "dim")
    for change in Change:
        of_change = [claim for claim in comparison.claims if claim.change is change]
        if change is Change.SAME:
            of_change = [claim for claim in of_change if claim.moved]
        elif change is Change.NOT_RUN:
            of_change = []  # counted below
        if of_change:
            title = "same verdict, but the effect moved" if change is Change.SAME else change.value
            console.print(Text(f"\n{title}", style=f"bold {STYLES.get(change, '')}".strip()))
        for claim in of_change:
            _claim(console, claim)
    if unasked := not_run(comparison):
        console.print()
        console.print(Text(plain(unasked)))
    for problem in comparison.problems:
        console.print(Text(plain(problem)))
    console.print()
    console.print(Text(plain(comparison.sentence), style=STATUS_STYLES[comparison.status]))
    assert isinstance(console.file, StringIO)  # noqa: S101  (made so below)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def _claim(console: Console, claim: Difference) -> None:
    verdicts, effects = arrow(claim)
    console.print(Text(plain(f"  {name(claim)}")))
    _indented(console, verdicts)
    if effects != NONE:
        _indented(console, f"effect {effects}; difference {difference(claim)}")
    if claim.reason:
        _indented(console, claim.reason)


def _indented(console: Console, line: str, style: str = "") -> None:
    console.print(Padding(Text(plain(line), style=style), (0, 0, 0, INDENT)))


def _console(width: int, colour: bool) -> Console:
    return Console(
        file=StringIO(),
        width=max(width, NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
