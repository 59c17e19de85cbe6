"""Rows of a text set: checked once, then trusted by everything that draws from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from iclgd_core.errors import IclgdError

UNLABELLED = -1
"""Label number by which the Hub's sets mark a row whose label is withheld."""

Numbers = Literal["", "positions", "names"]
"""What a number in the column of labels is: see `Columns.numbers`."""


class TextDataError(IclgdError):
    """The data of a text task cannot be read, or do not have the columns and labels that the task declares."""


@dataclass(frozen=True)
class Example:
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
        aliases: names of the classes in the set's own files, in the same order, where they are others; or ().
        numbers: what a number is where classes have numbers for names: "positions" count the classes from 0, "names"
            are the classes' own; "" refuses a number for which the two differ.
    """

    fields: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    numbers: Numbers = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of all columns that are read."""
        return (*self.fields, self.label)

    def named(self, name: str) -> int | None:
        """Return the index of the class of that name, as the task or the set's own files spell it; None if none is."""
        for names in (self.classes, self.aliases):
            if name in names:
                return names.index(name)
        return None

    def check(self, found: Sequence[str], origin: str) -> None:
        """Raise TextDataError unless each column that is read is there once.

        Args:
            found: names of the columns there are.
            origin: file, for errors.
        """
        for column in self.needed:
            if found.count(column) != 1:
                wrong = "no column" if column not in found else "more than one column"
                raise TextDataError(
                    f"{origin}: {wrong} {column!r}. It has {', '.join(map(repr, sorted(found))) or 'none'}; the task "
                    f"needs {', '.join(map(repr, self.needed))}."
                )


@dataclass(frozen=True)
class Split:
    """The labelled rows of one split.

    Attributes:
        name: "train", "validation" or "test".
        rows: the rows that carry a label.
        unlabelled: rows left out because their label is -1.
    """

    name: str
    rows: tuple[Example, ...]
    unlabelled: int = 0


def checked(table: Mapping[str, Sequence[object]], columns: Columns, split: str, origin: str) -> Split:
    """Return the rows of a table of columns.

    Args:
        table: name of each column that is read -> its values, all of one length.
        columns: what the task reads.
        split: name of the split, the first part of each row's id.
        origin: file or repository, for errors.

    Raises:
        TextDataError: a text that is empty or no text, a label out of range or with two readings, or no labelled row.
    """
    texts = [table[column] for column in columns.fields]
    rows: list[Example] = []
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
        rows.append(Example(f"{split}/{number}", fields, label))
    if not rows:
        found = f"all {unlabelled} rows have label {UNLABELLED}, that is, none" if unlabelled else "it has no rows"
        raise TextDataError(f"{origin}: split {split!r} cannot be used: {found}. Give a split with labels.")
    return Split(split, tuple(rows), unlabelled)


def _label(value: object, columns: Columns, where: str) -> int:
    index: int | None = None
    if isinstance(value, str):
        index = columns.named(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        index = _number(value, columns, where)
    if index is not None:
        return index
    numbered = ", ".join(f"{number} ({name})" for number, name in enumerate(columns.classes))
    allowed = ", ".join(columns.classes) if columns.numbers == "names" else f"{numbered}, these names"
    raise TextDataError(
        f"{where}, column {columns.label!r}: label {_shown(value)} is out of range; allowed: {allowed}, and "
        f"{UNLABELLED} for a row without a label, which is left out."
    )


def _number(value: int, columns: Columns, where: str) -> int | None:
    """Return the index of the class that a number means; None for none, UNLABELLED for a row without a label."""
    counted = value if UNLABELLED <= value < len(columns.classes) else None
    named = columns.named(str(value))
    if columns.numbers == "names":
        return UNLABELLED if named is None and value == UNLABELLED else named
    if columns.numbers == "positions" or named in (None, counted):
        return counted
    other = (
        f"no class, since they are counted from 0 to {len(columns.classes) - 1}"
        if counted is None
        else "no label, so that the row is left out"
        if counted == UNLABELLED
        else f"class {columns.classes[counted]!r}, number {counted} counted from 0"
    )
    raise TextDataError(
        f"{where}, column {columns.label!r}: the number {value} can be read as the class named {str(value)!r}, or as "
        f'{other}. Say which in the task file, numbers = "names" or numbers = "positions", or write the labels as '
        "texts, which are names."
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise TextDataError(f"{where}: {_shown(value)} is no text; allowed: a string that is not empty.")
    if not value.strip():
        raise TextDataError(f"{where}: the text is empty; allowed: a string that is not only white space.")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell
        raise TextDataError(f"{where}: {_shown(value)} is no Unicode text: {error.reason}.") from error
    return value.strip()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
