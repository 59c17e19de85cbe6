"""The adjudication as a page shows it: groups of columns, cells with their shade, footnotes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from iclgd_core.evidence.record import Evidence

from .sentence import brief, sentence
from .table import AccountColumn, AccountRow, AccountsPanel, State, TableCell, adjudication_of
from .words import agreement_text, interval_text, source_text, step_of, value_text

MOST_COLUMNS = 48
"""Columns of one table; the rest is counted, and in claims.json."""


@dataclass(frozen=True)
class ColumnGroup:
    """Neighbouring columns of one kind of model, by name, and by one agreement."""

    name: str
    agreement: str
    n: int


@dataclass(frozen=True)
class Head:
    """The head of one column; `starts` whether its group does."""

    model: str
    task: str
    starts: bool


@dataclass(frozen=True)
class ShownCell:
    """One cell: its text, interval, shade, mark of a footnote, and source, as texts; `empty` where nothing was held."""

    text: str
    interval: str
    look: str
    mark: str
    source: str
    starts: bool
    empty: bool


@dataclass(frozen=True)
class ShownRow:
    """One account."""

    label: str
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True)
class ShownTable:
    """One table; `title` is empty for the opening one, `cut` counts the columns that are left out."""

    title: str
    groups: tuple[ColumnGroup, ...]
    heads: tuple[Head, ...]
    rows: tuple[ShownRow, ...]
    notes: tuple[tuple[str, str], ...]
    cut: int


@dataclass(frozen=True)
class Shown:
    """All of it: the sentence, in brief and whole, the tables, the accounts that nothing measured."""

    brief: str
    sentence: str
    tables: tuple[ShownTable, ...]
    left_out: tuple[str, ...]


def shown(evidence: Sequence[Evidence]) -> Shown:
    """Return the adjudication of a run as texts."""
    found = adjudication_of(evidence)
    tables = tuple(_table(panel) for panel in found.panels)
    return Shown(brief(found), sentence(found), tables, found.left_out)


def _table(panel: AccountsPanel) -> ShownTable:
    columns = panel.columns[:MOST_COLUMNS]
    notes: dict[str, str] = {}
    for row in panel.rows:
        for entry in row.entries[:MOST_COLUMNS]:
            if entry.state is State.UNDEFINED:
                notes.setdefault(_cause(entry), str(len(notes) + 1))
    starts = [i == 0 or _group_of(columns[i - 1]) != _group_of(column) for i, column in enumerate(columns)]
    return ShownTable(
        title=agreement_text(panel.agreement),
        groups=tuple(ColumnGroup(*key, len(list(group))) for key, group in groupby(columns, _group_of)),
        heads=tuple(Head(c.model, c.task, first) for c, first in zip(columns, starts, strict=True)),
        rows=tuple(_row(row, starts, notes) for row in panel.rows),
        notes=tuple((mark, cause) for cause, mark in notes.items()),
        cut=len(panel.columns) - len(columns),
    )


def _row(row: AccountRow, starts: Sequence[bool], notes: dict[str, str]) -> ShownRow:
    cells = tuple(_cell(entry, first, notes) for entry, first in zip(row.entries, starts, strict=False))
    return ShownRow(row.label, cells)


def _cell(entry: TableCell, starts: bool, notes: dict[str, str]) -> ShownCell:
    look = step_of(entry.value) if entry.state is State.MEASURED else entry.state.value.replace(" ", "-").lower()
    mark = notes[_cause(entry)] if entry.state is State.UNDEFINED else ""
    empty = entry.state in (State.NO_ICL, State.NOT_MEASURED)
    return ShownCell(value_text(entry), interval_text(entry), look, mark, source_text(entry), starts, empty)


def _group_of(column: AccountColumn) -> tuple[str, str]:
    return column.kind.value, agreement_text(column.agreement)


def _cause(entry: TableCell) -> str:
    """Return the reason without its numbers, which follow a colon."""
    return entry.why.partition(": ")[0]
