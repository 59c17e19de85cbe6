"""Columns that fit a terminal: fields stand side by side where there is room, else below each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

GAP = 2
WORD = 16
"""A column of words may be folded down to its longest word, but words longer than this are folded themselves."""

Cells = Mapping[str, Text]
"""The fields of a row, by name."""


@dataclass(frozen=True)
class Column:
    """One column of a layout.

    Attributes:
        fields: the fields that stand in it, below each other.
        folds: whether its lines may be folded at words.
        least: characters below which it is not folded, where it has as many.
    """

    fields: tuple[str, ...]
    folds: bool = False
    least: int = 0

    def cell(self, cells: Cells) -> Text:
        """Return the column's part of a row, without the fields that are empty."""
        return Text("\n").join(found for name in self.fields if (found := cells.get(name, Text(""))))

    def heading(self) -> Text:
        """Return the names of the fields, below each other."""
        return Text("\n".join(self.fields))


Layout = tuple[Column, ...]


def widths(layout: Layout, rows: Sequence[Cells]) -> tuple[list[int], list[int]]:
    """Return the widths of the columns that show every line whole, and the least that fold at words alone."""
    natural, least = [], []
    for column in layout:
        cells = [column.heading(), *(column.cell(row) for row in rows)]
        lines = [line for cell in cells for line in cell.plain.split("\n")]
        words = [min(WORD, Text(word).cell_len) for line in lines for word in line.split()]
        natural.append(max(Text(line).cell_len for line in lines))
        least.append(min(natural[-1], max([column.least, *words])) if column.folds else natural[-1])
    return natural, least


def fitted(layouts: Sequence[Layout], rows: Sequence[Cells], room: int, gap: int = GAP) -> tuple[Layout, list[int]]:
    """Return the first layout that fits in `room`, or else the last, and the widths of its columns."""
    for layout in layouts:
        natural, least = widths(layout, rows)
        if sum(least) + gap * len(least) <= room:
            break
    while sum(natural) + gap * len(natural) > room:
        slack = [wide - low for wide, low in zip(natural, least, strict=True)]
        widest = slack.index(max(slack)) if max(slack) > 0 else natural.index(max(natural))
        natural[widest] -= 1
    return layout, natural


def table(layout: Layout, wide: Sequence[int], rows: Sequence[Cells], heads: bool, gap: int = GAP) -> Table:
    """Return the table, with a gap to the right of each column."""
    drawn = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim", show_header=heads)
    for column, width in zip(layout, wide, strict=True):
        drawn.add_column(column.heading(), width=width, overflow="fold")
    for row in rows:
        drawn.add_row(*(column.cell(row) for column in layout))
    return drawn
