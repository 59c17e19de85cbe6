"""The claims as tables for a terminal, one a claim, with the reasons of those that gave no verdict below."""

from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iclgd_core.account import label, number, subject
from iclgd_core.evidence import Evidence, Json, Verdict
from reports.document import summary
from reports.plain_text import plain

STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.REFUTED: "blue",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "red",
    Verdict.NOT_RUN: "dim",
}
COLUMNS = ("", "sub-claim", "verdict", "effect [interval]", "bound", "p adj.", "n", "closure")
PLAN_COLUMNS = ("", "sub-claim", "sd", "minimum effect", "units now", "units needed")
NARROWEST = 100
GAP = 2


def render_claims(evidence: Sequence[Evidence], with_evidence: int, width: int, colour: bool) -> str:
    """Return the tables, the reasons and the counts; `!` marks a verdict that was not expected."""
    ordered = sorted(evidence, key=lambda item: item.key)
    console = _console(width, colour)
    _tables(console, ordered, COLUMNS, _claim_cells)
    _reasons(console, [item for item in ordered if item.reason])
    console.print(Text(_counts(summary(ordered, with_evidence))))
    return _text(console)


def render_plan(evidence: Sequence[Evidence], width: int, colour: bool) -> str:
    """Return the table of a plan: spread, smallest effect that counts, units at hand and units needed."""
    ordered = sorted(evidence, key=lambda item: item.key)
    console = _console(width, colour)
    _tables(console, ordered, PLAN_COLUMNS, _plan_cells)
    _reasons(console, [item for item in ordered if item.outcome is None or item.outcome.undefined])
    console.print(Text("A plan claims nothing: tuning episodes only, nothing judged, nothing written."))
    return _text(console)


def _claim_cells(items: Sequence[Evidence]) -> list[Text]:
    item = items[0]
    verdict = item.verdict or Verdict.ERROR
    shown = Text(verdict.value, style=STYLES[verdict])
    met = verdict is item.expected
    if not met:
        shown.append(f"\n(expected {item.expected.value})", style="dim")
    return [Text("" if met else "!", style="bold red"), _name(items), shown, *map(Text, _numbers(item, verdict))]


def _numbers(item: Evidence, verdict: Verdict) -> tuple[str, ...]:
    outcome = item.outcome
    if outcome is None:
        return ("",) * 5
    p = item.p_adjusted if verdict is not Verdict.REFUTED else item.p_refuted_adjusted
    interval = "" if outcome.interval is None else " [{}, {}]".format(*map(_short, outcome.interval))
    closure = item.details.get("closure")
    return (
        _short(outcome.estimate) + interval,
        _short(outcome.threshold),
        "" if p is None else f"{p:.2g}",
        str(outcome.n),
        _short(closure) if isinstance(closure, float) else "",
    )


def _plan_cells(items: Sequence[Evidence]) -> list[Text]:
    outcome = items[0].outcome
    if outcome is None:
        return [Text(""), _name(items), *(Text("") for _ in range(4))]
    cells = (number(outcome.sd), number(outcome.minimum_effect), str(outcome.n), str(outcome.needed or "unknown"))
    return [Text(""), _name(items), *map(Text, cells)]


def _name(items: Sequence[Evidence]) -> Text:
    """Name one sub-claim by the values of its parameters, or several that share one row by their number."""
    if len(items) > 1:
        return Text(f"all {len(items)} sub-claims")
    return Text(plain(", ".join(value for _, value in sorted(items[0].params.items())) or "-"))


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3g}"


def _rows(group: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return the rows of one claim on one subject: one for all sub-claims if all lack numbers for one reason."""
    alike = {(item.outcome, item.verdict, item.reason, item.expected) for item in group if item.outcome is None}
    if len(group) > 1 and len(alike) == 1 and all(item.outcome is None for item in group):
        return [list(group)]
    return [[item] for item in group]


def _tables(
    console: Console,
    ordered: Sequence[Evidence],
    columns: Sequence[str],
    cells_of: Callable[[Sequence[Evidence]], list[Text]],
) -> None:
    """Print one table for each claim and subject; columns stand below each other in all of them."""
    tables = [
        (heading, on, [cells_of(row) for row in _rows(list(group))])
        for (heading, on), group in groupby(ordered, lambda item: (_heading(item), subject(item)))
    ]
    every = [cells for _, _, rows in tables for cells in rows]
    widths = _widths([[Text(name) for name in columns], *every], console.width)
    last: tuple[str, str, str] | None = None
    for heading, on, rows in tables:
        if heading != last:
            id, statement, source = heading
            console.print(Text.assemble("\n" if last else "", (plain(id), "bold"), "  ", plain(statement)))
            if source:
                console.print(Text("    " + plain(source), style="dim"))
        if on:
            console.print(Text("  " + plain(on), style="bold dim"))
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", show_header=last is None)
        for name, wide in zip(columns, widths, strict=True):
            table.add_column(name, width=wide, overflow="fold")
        for cells in rows:
            table.add_row(*cells)
        console.print(table)
        last = heading
    console.print()


def _heading(item: Evidence) -> tuple[str, str, str]:
    return item.id, item.statement, ", ".join(part for part in (item.paper, item.where) if part)


def _widths(rows: Sequence[Sequence[Text]], room: int) -> list[int]:
    """Return the widths of the columns; the widest give way until the table fits."""
    widths = [max(line.cell_len for cell in column for line in cell.split()) for column in zip(*rows, strict=True)]
    while sum(widths) + GAP * len(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


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
