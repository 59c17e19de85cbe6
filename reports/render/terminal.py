"""The claims as tables for a terminal, one a claim, with the reasons of those that gave no verdict below."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from iclgd_core.evidence.in_words import effect, number, subject
from iclgd_core.evidence.natural_order import by_claim
from iclgd_core.evidence.overall import claim_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..accounts.terminal import adjudication_texts
from ..document.report import summary
from .console import printed, text_console
from .headline import answer, over_the_run
from .plain_text import plain
from .reasons import who
from .terminal_notes import notes, unregistered
from .terminal_overview import in_order, print_overview
from .terminal_table import Cells, Column, Layout, fitted, table

STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.REFUTED: "blue",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "red",
    Verdict.NOT_RUN: "dim",
}
MARK, NAME, VERDICT, EFFECT, INTERVAL = "", "sub-claim", "verdict", "effect", "[interval]"
BOUND, ADJUSTED, RUN, UNITS, CLOSURE = "bound", "p adj.", "p run", "n", "closure"
BOTH = f"{EFFECT} {INTERVAL}"

MARKED, NAMED, JUDGED = Column((MARK,)), Column((NAME,), folds=True), Column((VERDICT,), folds=True)
STACKED = Column((NAME, VERDICT), folds=True)
NUMBERS = (Column((EFFECT, INTERVAL)), Column((BOUND, UNITS)), Column((ADJUSTED, RUN)), Column((CLOSURE,)))
LAYOUTS: tuple[Layout, ...] = (
    (MARKED, NAMED, JUDGED, *(Column((name,)) for name in (BOTH, BOUND, ADJUSTED, RUN, UNITS, CLOSURE))),
    (MARKED, NAMED, JUDGED, *NUMBERS),
    (MARKED, STACKED, *NUMBERS),
    (MARKED, STACKED, *NUMBERS[:-1]),
)
"""From wide to narrow: numbers move below each other, then the verdict below the name; last the closure is left out."""

PLAN_FIELDS = ("sd", "minimum effect", "units now", "units needed")
PLAN_LAYOUTS: tuple[Layout, ...] = (
    (MARKED, NAMED, *(Column((name,)) for name in PLAN_FIELDS)),
    (MARKED, NAMED, Column(PLAN_FIELDS[:2]), Column(PLAN_FIELDS[2:])),
)
DIGITS = 3


def render_claims(
    evidence: Sequence[Evidence], with_evidence: int, width: int, colour: bool, verbosity: int = 0
) -> str:
    """Return the answer, one line a claim, what is to be said of them, and the counts; `!` marks the unregistered.

    Args:
        evidence: adjudicated.
        with_evidence: how many of the tests recorded evidence themselves.
        width: of the terminal.
        colour: whether to use colours.
        verbosity: below 0 without the claims that are as registered; above 0 with the whole account of ICL and all
            sub-claims, of which one whose verdict Holm's correction over the whole run would change says so.
    """
    ordered = sorted(evidence, key=by_claim)
    claims = in_order(claim_verdicts(ordered))
    console = text_console(width, colour)
    console.print(Text(plain(" ".join(answer(ordered))), style="bold"), "", sep="\n")
    if verbosity >= 0:
        print_overview(console, claims)
        console.print()
    below = unregistered(ordered) if verbosity < 0 else notes(ordered, claims)
    for text in (*below, *adjudication_texts(ordered, console.width, verbosity)):
        console.print(text)
    if verbosity > 0:
        _tables(console, ordered, LAYOUTS, _claim_cells)
        _reasons(console, [item for item in ordered if item.reason])
    turned = over_the_run(ordered)
    if turned:
        console.print(Text(plain(f"{turned[0].upper()}{turned[1:]}.")))
    console.print(Text(_counts(summary(ordered, with_evidence))))
    return printed(console)


def render_plan(evidence: Sequence[Evidence], width: int, colour: bool) -> str:
    """Return the table of a plan: spread, smallest effect that counts, units at hand and units needed."""
    ordered = sorted(evidence, key=by_claim)
    console = text_console(width, colour)
    _tables(console, ordered, PLAN_LAYOUTS, _plan_cells)
    _reasons(console, [item for item in ordered if item.outcome is None or item.outcome.undefined])
    console.print(Text("A plan claims nothing: tuning episodes only, nothing judged, nothing written."))
    return printed(console)


def _claim_cells(items: Sequence[Evidence]) -> Cells:
    item = items[0]
    verdict = item.verdict or Verdict.ERROR
    shown = Text(verdict.value, style=STYLES[verdict])
    met = verdict is item.expected
    if not met:
        shown.append(f"\n(expected {item.expected.value})", style="dim")
    if item.verdict_run not in (None, verdict):
        shown.append(f"\n(whole run: {item.verdict_run})", style="dim")
    if item.untrained:
        shown.append("\n(chose no training)", style="dim")
    names = {MARK: Text("" if met else "!", style="bold red"), NAME: _name(items), VERDICT: shown}
    return names | {name: Text(text) for name, text in _numbers(item, verdict).items()}


def _numbers(item: Evidence, verdict: Verdict) -> dict[str, str]:
    outcome = item.outcome
    if outcome is None:
        return {}
    refuted = verdict is Verdict.REFUTED
    both = effect(outcome, DIGITS)
    estimate, _, interval = both.partition(" ")
    closure = item.details.get("closure")
    return {
        EFFECT: estimate,
        INTERVAL: interval,
        BOTH: both,
        BOUND: number(outcome.threshold, DIGITS),
        ADJUSTED: _p(item.p_refuted_adjusted if refuted else item.p_adjusted),
        RUN: _p(item.p_refuted_run if refuted else item.p_run),
        UNITS: str(outcome.n),
        CLOSURE: number(closure, DIGITS) if isinstance(closure, float) else "",
    }


def _plan_cells(items: Sequence[Evidence]) -> Cells:
    outcome = items[0].outcome
    if outcome is None:
        return {NAME: _name(items)}
    found = (number(outcome.sd), number(outcome.minimum_effect), str(outcome.n), str(outcome.planned or "unknown"))
    return {NAME: _name(items)} | {name: Text(text) for name, text in zip(PLAN_FIELDS, found, strict=True)}


def _name(items: Sequence[Evidence]) -> Text:
    """Name one sub-claim by the values of its parameters, or several that share one row by their number."""
    if len(items) > 1:
        return Text(f"all {len(items)} sub-claims")
    return Text(plain(", ".join(value for _, value in sorted(items[0].params.items()))) or "-")


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _rows(group: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return the rows of one claim on one subject: one for all sub-claims if all lack numbers for one reason."""
    alike = {(item.outcome, item.verdict, item.reason, item.expected) for item in group if item.outcome is None}
    if len(group) > 1 and len(alike) == 1 and all(item.outcome is None for item in group):
        return [list(group)]
    return [[item] for item in group]


def _tables(
    console: Console,
    ordered: Sequence[Evidence],
    layouts: Sequence[Layout],
    cells_of: Callable[[Sequence[Evidence]], Cells],
) -> None:
    """Print one table for each claim and subject; columns stand below each other in all of them."""
    tables = [
        (heading, on, [cells_of(row) for row in _rows(list(group))])
        for (heading, on), group in groupby(ordered, lambda item: (_heading(item), subject(item)))
    ]
    if not tables:
        return
    layout, wide = fitted(layouts, [cells for _, _, rows in tables for cells in rows], console.width)
    last: tuple[str, str, str] | None = None
    for heading, on, rows in tables:
        if heading != last:
            id, statement, source = heading
            console.print(Text.assemble("\n" if last else "", (plain(id), "bold"), "  ", plain(statement)))
            if source:
                console.print(Text("    " + plain(source), style="dim"))
        if on:
            console.print(Text("  " + plain(on), style="bold dim"))
        console.print(table(layout, wide, rows, heads=last is None))
        last = heading
    console.print()


def _heading(item: Evidence) -> tuple[str, str, str]:
    return item.id, item.statement, ", ".join(part for part in (item.paper, item.where) if part)


def _reasons(console: Console, items: Iterable[Evidence]) -> None:
    """Print each reason once, with the sub-claims it holds for."""
    by_reason: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in items:
        by_reason.setdefault(((item.verdict or Verdict.ERROR).value, item.model, item.reason), []).append(item)
    for (verdict, _, reason), group in by_reason.items():
        console.print(Text(plain(f"{verdict}: {who(group)}: {reason}")))


def _counts(counts: dict[str, Json]) -> str:
    verdicts = ", ".join(f"{counts[verdict.value]} {verdict.value}" for verdict in Verdict if counts[verdict.value])
    return (
        f"{counts['collected']} claim tests: {verdicts or 'no verdict'}; {counts['as_expected']} as expected, "
        f"{counts['not_as_expected']} not; {counts['with_evidence']} with evidence."
    )
