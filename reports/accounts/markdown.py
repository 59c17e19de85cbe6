"""The adjudication in Markdown: the opening table, the sentence, then a table for each further agreement."""

from collections.abc import Sequence

from iclgd_core.evidence.record import Evidence

from ..render.markdown_text import escape, table
from .shown import Head, ShownCell, ShownTable, shown
from .table import State

HEADING = "## How far each account goes from doing nothing to ICL"
MISSING = (State.NO_ICL.value, State.NOT_MEASURED.value)
LEGEND = (
    "Closure with 95% interval over episodes: 0 is no nearer to ICL than zero-shot, 1 as near as ICL is to itself in "
    "another order; both are so by definition. Empty: not measured."
)


def adjudication_lines(evidence: Sequence[Evidence]) -> tuple[list[str], list[str]]:
    """Return the lines of the opening, and those of the tables by further agreements."""
    found = shown(evidence)
    opening: list[str] = []
    further: list[str] = []
    for one in found.tables[:1]:
        opening += [HEADING, "", LEGEND, "", *_table(one)]
    opening += [f"**{escape_whole(found.sentence)}**", ""]
    if found.left_out:
        opening += [f"Not measured in this run: {'; '.join(map(escape, found.left_out))}.", ""]
    for one in found.tables[1:]:
        further += [f"### By {escape(one.title)}", "", *_table(one)]
    return opening, further


def escape_whole(text: str) -> str:
    """Escape a text of our own making that may be longer than one from outside."""
    return "".join(escape(text[i : i + 400]) for i in range(0, len(text), 400))


def _table(one: ShownTable) -> list[str]:
    """Return a table for each kind of model, with the accounts that were measured there, and the notes of all."""
    groups = [group for group in one.groups for _ in range(group.n)]
    lines: list[str] = []
    for name in dict.fromkeys(group.name for group in groups):
        own = [i for i, group in enumerate(groups) if group.name == name]
        filled = [i for i in own if any(row.cells[i].text not in MISSING for row in one.rows)]
        empty = [_head(one.heads[i]) for i in own if i not in filled]
        by = dict.fromkeys(groups[i].agreement for i in filled)
        title = escape(", ".join(filter(None, [name, *(f"by {agreement}" for agreement in by if agreement)])))
        rows = [(row.label, [row.cells[i] for i in filled]) for row in one.rows]
        kept = [
            [escape(label), *map(_cell, cells)]
            for label, cells in rows
            if any(cell.text not in MISSING for cell in cells)
        ]
        if kept:
            lines += [f"**{title}**", "", *table(["account", *(_head(one.heads[i]) for i in filled)], kept), ""]
        if empty:
            lines += [f"**{escape(name)}**, {State.NO_ICL.value} or not measured: {'; '.join(empty)}.", ""]
    notes = [f"\\[{mark}\\] {escape(cause)}." for mark, cause in one.notes]
    cut = [f"{one.cut} more columns are in claims.json."] if one.cut else []
    return [*lines, *(line for note in (*notes, *cut) for line in (note, ""))]


def _head(head: Head) -> str:
    return escape(", ".join(filter(None, [head.model, head.task])))


def _cell(cell: ShownCell) -> str:
    text = "" if cell.text == State.NOT_MEASURED.value else cell.text
    return " ".join(filter(None, [text, escape(cell.interval), f"\\[{cell.mark}\\]" if cell.mark else ""]))
