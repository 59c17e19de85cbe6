"""The table of accounts for the page: what was measured on models under test stands open, the rest is folded."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from iclgd_core.evidence.model_kinds import Kind

from ...accounts.shown import ColumnGroup, Head, ShownCell, ShownTable
from ..headline import many

GROUPS = (
    ("", (Kind.OWN, Kind.EMBEDDED)),
    ("where ICL is GD, or near it", (Kind.CONSTRUCTED, Kind.ICL_OBJECTIVE)),
    ("without ICL", (Kind.CONTROL,)),
)
"""Kinds of models that stand together, those under test first."""

FEW = 0.5
"""Of the most accounts that any model of a group has; a model with fewer than this share of it stands apart."""


@dataclass(frozen=True)
class ShownAccount:
    """One account, with a cell for each column."""

    label: str
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True)
class Block:
    """Part of the table: some columns, with the accounts that were measured on any of them.

    Attributes:
        title: what unfolds, in words; empty where it stands open.
        groups, heads: as in `ShownTable`.
        rows: the accounts; notes: the footnotes of their cells.
        empty: models and tasks without ICL, or of which nothing was measured; then there is no table.
    """

    title: str
    groups: tuple[ColumnGroup, ...]
    heads: tuple[Head, ...]
    rows: tuple[ShownAccount, ...]
    notes: tuple[tuple[str, str], ...]
    empty: tuple[str, ...]


def blocks(table: ShownTable) -> list[Block]:
    """Return a table in blocks: for each group of kinds the models with many accounts, then those with few."""
    kinds = [group for group in table.groups for _ in range(group.n)]
    out: list[Block] = []
    for what, names in GROUPS:
        own = [i for i, group in enumerate(kinds) if Kind(group.name) in names]
        sizes = {i: sum(_is_learnt(row.cells[i]) for row in table.rows) for i in own}
        full = [i for i in own if sizes[i] and sizes[i] >= FEW * max(sizes.values())]
        few = [i for i in own if sizes[i] and i not in full]
        empty = [i for i in own if not sizes[i]]
        if full:
            out.append(_block(table, kinds, full, f"{_models(table, full)} {what}" if what else ""))
        if few:
            title = " ".join(filter(None, [_models(table, few), what, "with fewer accounts"]))
            out.append(_block(table, kinds, few, title))
        if empty:
            title = f"{_models(table, empty)} {what or 'under test'}: nothing to account for"
            places = tuple(", ".join(filter(None, [table.heads[i].model, table.heads[i].task])) for i in empty)
            out.append(Block(title, (), (), (), (), places))
    return out


def _models(table: ShownTable, columns: Sequence[int]) -> str:
    return many(len({table.heads[i].model for i in columns}), "model")


def _is_learnt(cell: ShownCell) -> bool:
    """Whether a learner was held against ICL there: neither empty nor 0 or 1 by definition."""
    return not cell.empty and cell.look != "by-definition"


def _block(table: ShownTable, kinds: Sequence[ColumnGroup], columns: Sequence[int], title: str) -> Block:
    rows = [ShownAccount(row.label, tuple(row.cells[i] for i in columns)) for row in table.rows]
    held = tuple(row for row in rows if any(not cell.empty for cell in row.cells))
    grouped = [(key, list(found)) for key, found in groupby(columns, lambda i: (kinds[i].name, kinds[i].agreement))]
    starts = {found[0] for _, found in grouped}
    marks = {cell.mark for row in held for cell in row.cells}
    return Block(
        title=title,
        groups=tuple(ColumnGroup(*key, len(found)) for key, found in grouped),
        heads=tuple(Head(table.heads[i].model, table.heads[i].task, i in starts) for i in columns),
        rows=held,
        notes=tuple((mark, cause) for mark, cause in table.notes if mark in marks),
        empty=(),
    )
