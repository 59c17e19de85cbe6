"""OwnRows: the base of a user's text task in Python; an example stands in docs/tasks.md."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from iclgd_core.tasks.text.rows import Columns, Split, TextDataError, checked
from iclgd_core.tasks.text.source import Read
from iclgd_core.tasks.text.template import Template


class OwnRows(ABC):
    """Rows that a Python class brings: subclass it, and give `path/to/file.py:ClassName` as the task.

    Attributes:
        name: name of the task: up to 40 of a-z, 0-9, _ and -.
        fields: keys of a row that hold text.
        label: key of a row that holds its label: a number from 0 on, or the name of a class.
        classes: what the label numbers mean.
        held_out: whether `rows("held_out", ...)` gives rows; if not, half of the train rows are held out.
        templates: how a row is written; the first is the default.
    """

    name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    label: ClassVar[str] = "label"
    classes: ClassVar[tuple[str, ...]]
    held_out: ClassVar[bool] = True
    templates: ClassVar[tuple[Template, ...]]

    @abstractmethod
    def rows(self, split: str, data: Path | None) -> Iterable[Mapping[str, object]]:
        """Return the rows of "train" or "held_out", the same ones in the same order at every call.

        Args:
            split: "train" or "held_out".
            data: the folder of --iclgd-data, if one was given.
        """


@dataclass(frozen=True)
class OwnSource:
    """The rows of a user's class as a source; equal for one class.

    Attributes:
        kind: the class.
    """

    kind: type[OwnRows]

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.kind.name

    @property
    def columns(self) -> Columns:
        """What the rows' keys and labels mean."""
        return Columns(tuple(self.kind.fields), self.kind.label, tuple(self.kind.classes))

    def read(self, data: Path | None) -> Read:
        """Read the rows.

        Raises:
            TextDataError: the class fails, or its rows are not as it declares them.
        """
        own = self.kind()
        held_out = self._split(own, "held_out", data) if self.kind.held_out else None
        record = {"from": f"class {self.kind.__name__}"}
        return Read(self._split(own, "train", data), held_out, record)

    def _split(self, own: OwnRows, split: str, data: Path | None) -> Split:
        where = f"class {self.kind.__name__}, rows({split!r})"
        try:
            rows = list(own.rows(split, data))
        except Exception as error:  # whatever the user's own code raises
            raise TextDataError(f"{where}: {type(error).__name__}: {error}") from error
        keys = (*self.columns.fields, self.columns.label)
        for number, row in enumerate(rows):
            missing = [key for key in keys if key not in row]
            if missing:
                raise TextDataError(
                    f"{where}: row {number} has no {missing[0]!r}; it needs {', '.join(map(repr, keys))}."
                )
        return checked({key: [row[key] for row in rows] for key in keys}, self.columns, split, where)
