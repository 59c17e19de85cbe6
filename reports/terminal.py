"""The claims as tables for a terminal, one a claim, with the reasons of those that gave no verdict below."""

from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.text import Text

from iclgd_core.account import label, number, subject
from iclgd_core.evidence import Evidence, Json, Verdict
from reports.adjudication.terminal import adjudication_texts
from reports.document import summary
from reports.natural_order import by_claim
from reports.plain_text import plain
from reports.terminal_table import Cells, Column, Layout, fitted, table

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
NARROWEST = 40


def render_claims(
    evidence: Sequence[Evidence], with_evidence: int, width: int, colour: bool, brief: bool = False
) -> str:
    """Return the adjudication, the tables, the reasons and the counts; `!` marks a verdict that was not expected.

    A verdict that Holm's correction over the whole run would change has what it would be below it. `brief` leaves out
    the tables and reasons of what is as expected; the counts always stand.
    """
    ordered = sorted(evidence, key=by_claim)
    shown = [item for item in ordered if item.verdict is not item.expected] if brief else ordered
    console = _console(width, colour)
    for text in adjudication_texts(ordered, console.width, brief):
        console.print(text)
    _tables(console, shown, LAYOUTS, _claim_cells)
    _reasons(console, [item for item in shown if item.reason])
    turned = sum(item.verdict_run not in (None, item.verdict) for item in ordered)
    if turned:
        console.print(Text(f"Corrected over the whole run, {turned} of these verdicts would be another one."))
    console.print(Text(_counts(summary(ordered, with_evidence))))
    return _text(console)


def render_plan(evidence: Sequence[Evidence], width: int, colour: bool) -> str:
    """Return the table of a plan: spread, smallest effect that counts, units at hand and units needed."""
    ordered = sorted(evidence, key=by_claim)
    console = _console(width, colour)
    _tables(console, ordered, PLAN_LAYOUTS, _plan_cells)
    _reasons(console, [item for item in ordered if item.outcome is None or item.outcome.undefined])
    console.print(Text("A plan claims nothing: tuning episodes only, nothing judged, nothing written."))
    return _text(console)


def _claim_cells(items: Sequence[Evidence]) -> Cells:
    item = items[0]
    verdict = item.verdict or Verdict.ERROR
    shown = Text(verdict.value, style=STYLES[verdict])
    met = verdict is item.expected
    if not met:
        shown.append(f"\n(expected {item.expected.value})", style="dim")
    if item.verdict_run not in (None, verdict):
        shown.append(f"\n(whole run: {item.verdict_run})", style="dim")
    names = {MARK: Text("" if met else "!", style="bold red"), NAME: _name(items), VERDICT: shown}
    return names | {name: Text(text) for name, text in _numbers(item, verdict).items()}


def _numbers(item: Evidence, verdict: Verdict) -> dict[str, str]:
    outcome = item.outcome
    if outcome is None:
        return {}
    refuted = verdict is Verdict.REFUTED
    estimate = _short(outcome.estimate)
    interval = "" if outcome.interval is None else "[{}, {}]".format(*map(_short, outcome.interval))
    closure = item.details.get("closure")
    return {
        EFFECT: estimate,
        INTERVAL: interval,
        BOTH: f"{estimate} {interval}".rstrip(),
        BOUND: _short(outcome.threshold),
        ADJUSTED: _p(item.p_refuted_adjusted if refuted else item.p_adjusted),
        RUN: _p(item.p_refuted_run if refuted else item.p_run),
        UNITS: str(outcome.n),
        CLOSURE: _short(closure) if isinstance(closure, float) else "",
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


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3g}"


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
    for (verdict, model, reason), group in by_reason.items():
        alone = f"{label(group[0])}{f' on {subject(group[0])}' if subject(group[0]) else ''}"
        claims = ", ".join(dict.fromkeys(item.id for item in group))
        who = alone if len(group) == 1 else f"{claims} ({len(group)} sub-claims){f' on {model}' if model else ''}"
        console.print(Text(plain(f"{verdict}: {who}: {reason}")))


def _counts(counts: dict[str, Json]) -> str:
    verdicts = ", ".join(f"{counts[verdict.value]} {verdict.value}" for verdict in Verdict if counts[verdict.value])
    return (
        f"{counts['collected']} claim tests: {verdicts or 'no verdict'}; {counts['as_expected']} as expected, "
        f"{counts['not_as_expected']} not; {counts['with_evidence']} with evidence."
    )


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


def _text(console: Console) -> str:
    assert isinstance(console.file, StringIO)  # noqa: S101  (made so above)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
