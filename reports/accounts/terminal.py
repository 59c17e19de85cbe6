"""The adjudication on a terminal: as many columns side by side as fit, the rest below."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import wrap

from rich.table import Table
from rich.text import Text

from iclgd_core.evidence.record import Evidence

from ..render.plain_text import plain
from .sentence import brief
from .shown import ColumnGroup, Head, ShownCell, ShownRow, ShownTable, shown
from .table import adjudication_of

GAP = 2
WIDE = 100
"""From this width on, the column of accounts gets more room."""

WIDEST = 18
"""Characters of a line in the head of a column."""

STYLES = {"kn": "yellow", "k3": "cyan", "k4": "cyan", "k5": "bold cyan"}


def adjudication_texts(evidence: Sequence[Evidence], width: int, verbosity: int = 0) -> list[Text | Table]:
    """Return what is to be printed; nothing where no account was measured.

    Below 0, `verbosity` leaves out all of it; at 0 it is what was found on models under test, above 0 the whole table.
    """
    if verbosity < 0:
        return []
    if verbosity == 0:
        found = brief(adjudication_of(evidence))
        return [Text(plain(f"accounts of ICL: {found}"))] if found else []
    whole = shown(evidence)
    if not whole.tables:
        return []
    names = ", ".join(table.title for table in whole.tables[1:])
    return [
        Text("\nHow far each account goes from doing nothing (0) to ICL (1): closure [95% interval]", "bold"),
        *_blocks(whole.tables[0], width),
        Text(plain(whole.sentence)),
        *[Text(plain(f"By {names}: in the report."), "dim")] * bool(names),
        Text(""),
    ]


def _blocks(table: ShownTable, width: int) -> list[Text | Table]:
    """Return the table in blocks of columns, each with its accounts; columns without ICL are named below."""
    groups = [group for group in table.groups for _ in range(group.n)]
    held = [i for i in range(len(groups)) if not all(row.cells[i].empty for row in table.rows)]
    label = min(max(len(plain(row.label)) for row in table.rows), width // (3 if width >= WIDE else 4) + 8)
    room = width - label - GAP
    wide = {i: min(room - GAP, _width(table, i, groups[i])) for i in held}
    out: list[Text | Table] = []
    while held:
        fit = [i for k, i in enumerate(held) if k == 0 or sum(wide[j] + GAP for j in held[: k + 1]) <= room]
        _, alike = next(groupby(fit, lambda i: groups[i].agreement))
        taken = fit if fit == held else list(alike)
        out += [_block(table, taken, groups, label, wide), Text("")]
        held = held[len(taken) :]
    notes = [f"({mark}) {cause}" for mark, cause in table.notes]
    notes += [f"{table.cut} more columns are in claims.json."] if table.cut else []
    none = [", ".join(filter(None, [head.model, head.task])) for i, head in enumerate(table.heads) if i not in wide]
    notes += [f"No ICL on {'; '.join(none)}."] if none else []
    return [*out[:-1], *(Text(plain(note), "dim") for note in notes)]


def _width(table: ShownTable, i: int, group: ColumnGroup) -> int:
    lines = [*_head(table.heads[i], group), *(line for row in table.rows for line in _cell(row.cells[i]).split("\n"))]
    return max(Text(line).cell_len for line in lines)


def _block(
    table: ShownTable, columns: Sequence[int], groups: Sequence[ColumnGroup], label: int, wide: Mapping[int, int]
) -> Table:
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    drawn.add_column("", width=label, overflow="fold")
    for i in columns:
        drawn.add_column(Text("\n".join(_head(table.heads[i], groups[i]))), width=wide[i], overflow="fold")
    for row in table.rows:
        if not all(row.cells[i].empty for i in columns):
            drawn.add_row(Text(plain(row.label)), *(_styled(row, i) for i in columns))
    return drawn


def _head(head: Head, group: ColumnGroup) -> list[str]:
    return [line for text in (head.model, head.task, group.agreement) for line in wrap(plain(text), WIDEST)]


def _cell(cell: ShownCell) -> str:
    mark = f" ({cell.mark})" if cell.mark else ""
    return "\n".join(filter(None, [f"{cell.text}{mark}", cell.interval]))


def _styled(row: ShownRow, i: int) -> Text:
    cell = row.cells[i]
    return Text(_cell(cell), style=STYLES.get(cell.look, "") if cell.interval else "dim")
