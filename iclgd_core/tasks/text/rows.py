"""Rows of a text set: checked once, then trusted by everything that draws from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iclgd_core.errors import IclgdError

UNLABELLED = -1
"""Label number by which the Hub's sets mark a row whose label is withheld."""


class TextDataError(IclgdError):
    """The data of a text task cannot be read, or do not have the columns and labels that the task declares."""


@dataclass(frozen=True)
class Row:
    """One example.

    Attributes:
        id: split and number of the row in its file, "train/17"; the number counts every row, also those left out.
        fields: the task's fields in order, outer white space stripped, none empty.
        label: index of its class.
    """

    id: str
    fields: tuple[str, ...]
    label: int


@dataclass(frozen=True)
class Columns:
    """Which columns a task reads, and what its labels mean.

    Attributes:
        fields: columns of text.
        label: column of labels.
        classes: meaning of each label number, in the order of the numbers; a label may also be such a name.
    """

    fields: tuple[str, ...]
    label: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """The labelled rows of one split.

    Attributes:
        name: "train", "validation" or "test".
        rows: the rows that carry a label.
        unlabelled: rows left out because their label is -1.
    """

    name: str
    rows: tuple[Row, ...]
    unlabelled: int = 0


def checked(table: Mapping[str, Sequence[object]], columns: Columns, split: str, origin: str) -> Split:
    """Return the rows of a table of columns.

    Args:
        table: column name -> values, all of one length.
        columns: what the task reads.
        split: name of the split, the first part of each row's id.
        origin: file or repository, for errors.

    Raises:
        TextDataError: a missing column, a text that is empty or no text, a label out of range, or no labelled row.
    """
    for column in (*columns.fields, columns.label):
        if column not in table:
            raise TextDataError(
                f"{origin}: no column {column!r}. It has {', '.join(map(repr, sorted(table))) or 'none'}; the task "
                f"needs {', '.join(map(repr, (*columns.fields, columns.label)))}."
            )
    texts = [table[column] for column in columns.fields]
    rows: list[Row] = []
    unlabelled = 0
    for number, value in enumerate(table[columns.label]):
        label = _label(value, columns, f"{origin}: row {number}")
        if label == UNLABELLED:
            unlabelled += 1
            continue
        fields = tuple(
            _text(text[number], f"{origin}: row {number}, column {column!r}")
            for column, text in zip(columns.fields, texts, strict=True)
        )
        rows.append(Row(f"{split}/{number}", fields, label))
    if not rows:
        found = f"all {unlabelled} rows have label {UNLABELLED}, that is, none" if unlabelled else "it has no rows"
        raise TextDataError(f"{origin}: split {split!r} cannot be used: {found}. Give a split with labels.")
    return Split(split, tuple(rows), unlabelled)


def _label(value: object, columns: Columns, where: str) -> int:
    if isinstance(value, str) and value in columns.classes:
        return columns.classes.index(value)
    if isinstance(value, int) and not isinstance(value, bool) and UNLABELLED <= value < len(columns.classes):
        return value
    allowed = ", ".join(f"{number} ({name})" for number, name in enumerate(columns.classes))
    raise TextDataError(
        f"{where}, column {columns.label!r}: label {_shown(value)} is out of range; allowed: {allowed}, these names, "
        f"and {UNLABELLED} for a row without a label, which is left out."
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise TextDataError(f"{where}: {_shown(value)} is no text; allowed: a string that is not empty.")
    if not value.strip():
        raise TextDataError(f"{where}: the text is empty; allowed: a string that is not only white space.")
    return value.strip()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
