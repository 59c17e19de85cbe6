"""The adjudication in Markdown: the opening table, the sentence, then a table for each further agreement."""

from collections.abc import Sequence

from iclgd_core.evidence import Evidence
from reports.adjudication.shown import Group, Head, ShownCell, ShownTable, shown
from reports.markdown_text import escape, table

HEADING = "## How far each account goes from doing nothing to ICL"
LEGEND = (
    "Closure with 95% interval over episodes: 0 is no nearer to ICL than zero-shot, 1 as near as ICL is to itself in "
    "another order; both are so by definition."
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
    groups = [group for group in one.groups for _ in range(group.n)]
    heads = ["account", *map(_head, one.heads, groups)]
    rows = [[escape(row.label), *map(_cell, row.cells)] for row in one.rows]
    notes = [f"\\[{mark}\\] {escape(cause)}." for mark, cause in one.notes]
    cut = [f"{one.cut} more columns are in claims.json."] if one.cut else []
    return [*table(heads, rows), "", *(line for note in (*notes, *cut) for line in (note, ""))]


def _head(head: Head, group: Group) -> str:
    by = f"by {group.agreement}" if group.agreement else ""
    return escape(", ".join(filter(None, [head.model, head.task, group.name, by])))


def _cell(cell: ShownCell) -> str:
    return " ".join(filter(None, [cell.text, escape(cell.interval), f"\\[{cell.mark}\\]" if cell.mark else ""]))
