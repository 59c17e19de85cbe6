"""The claims as tables for a terminal, one a claim, with the reasons of those that gave no verdict below."""

from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iclgd_core.account import effect, label, number, subject
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
COLUMNS = ("", "sub-claim", "model", "task", "verdict", "effect [interval]", "threshold", "p adj.")
PLAN_COLUMNS = ("", "sub-claim", "model", "task", "sd", "minimum effect", "units now", "units needed")
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


def _claim_cells(item: Evidence) -> list[Text]:
    verdict = item.verdict or Verdict.ERROR
    shown = Text(verdict.value, style=STYLES[verdict])
    met = verdict is item.expected
    if not met:
        shown.append(f"\n(expected {item.expected.value})", style="dim")
    outcome = item.outcome
    p = item.p_adjusted if verdict is not Verdict.REFUTED else item.p_refuted_adjusted
    numbers = ("", "", "") if outcome is None else (effect(outcome), number(outcome.threshold), _p(p))
    return [Text("" if met else "!", style="bold red"), *_names(item), shown, *map(Text, numbers)]


def _plan_cells(item: Evidence) -> list[Text]:
    outcome = item.outcome
    if outcome is None:
        return [Text(""), *_names(item), *(Text("") for _ in range(4))]
    cells = (number(outcome.sd), number(outcome.minimum_effect), str(outcome.n), str(outcome.needed or "unknown"))
    return [Text(""), *_names(item), *map(Text, cells)]


def _names(item: Evidence) -> list[Text]:
    params = ", ".join(f"{name}={value}" for name, value in sorted(item.params.items()))
    return [Text(plain(part)) for part in (params or "-", item.model, item.task)]


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _tables(
    console: Console,
    ordered: Sequence[Evidence],
    columns: Sequence[str],
    cells_of: Callable[[Evidence], list[Text]],
) -> None:
    """Print one table for each claim; columns stand below each other in all of them."""
    rows = [(item, cells_of(item)) for item in ordered]
    widths = _widths([[Text(name) for name in columns], *(cells for _, cells in rows)], console.width)
    for i, ((id, statement, source), group) in enumerate(groupby(rows, lambda row: _heading(row[0]))):
        console.print(Text.assemble((plain(id), "bold"), "  ", plain(statement)))
        if source:
            console.print(Text("    " + plain(source), style="dim"))
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", show_header=i == 0)
        for name, wide in zip(columns, widths, strict=True):
            table.add_column(name, width=wide, overflow="fold")
        for _, cells in group:
            table.add_row(*cells)
        console.print(table)
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
    for item in items:
        on = f" on {subject(item)}" if subject(item) else ""
        verdict = (item.verdict or Verdict.ERROR).value
        console.print(Text(plain(f"{verdict}: {label(item)}{on}: {item.reason}")))


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
