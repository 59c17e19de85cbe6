"""One file of rows: the columns that a task needs, and the SHA-256 of the bytes that they were read from.

A file is read once, and from its own bytes: no cache stands between, which could hold what the file once was.
"""

import hashlib
import importlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

from iclgd_core.errors import IclgdError
from iclgd_core.tasks.text.rows import Columns, TextDataError

_SPACE = re.compile(r"[ \t\n\r]*")


class MissingExtraError(IclgdError):
    """A text task needs an optional package that is not installed."""


@dataclass(frozen=True)
class Table:
    """What was read of a file.

    Attributes:
        values: name of each column that the task needs -> its values.
        sha256: of the file's bytes.
    """

    values: dict[str, list[Any]]
    sha256: str


def read_file(path: Path, columns: Columns) -> Table:
    """Read the columns that a task needs, from Parquet or JSON as the file's name ends.

    JSON: objects one after another (JSON lines), or in one list, in UTF-8. Parquet: by `pyarrow`; where the file names
    its labels (`ClassLabel` of the `datasets` library), its numbers become these names.

    Raises:
        MissingExtraError: Parquet, and `pyarrow` is not installed.
        TextDataError: the file cannot be read, or lacks a column.
    """
    try:
        data = path.read_bytes()
        if not data:
            raise TextDataError(f"{path}: the file is empty.")
        read = _parquet if path.suffix == ".parquet" else _json
        return Table(read(data, columns, str(path)), hashlib.sha256(data).hexdigest())
    except OSError as error:
        raise TextDataError(f"{path}: it cannot be read: {error}") from error


def _json(data: bytes, columns: Columns, where: str) -> dict[str, list[Any]]:
    unreadable = f"{where}: it cannot be read as JSON lines"
    try:
        rows = _objects(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TextDataError(f"{unreadable}: byte {error.start} is not UTF-8. Save the file in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise TextDataError(
            f"{unreadable}: {error}. Each line of a .jsonl file is one JSON object with the task's columns."
        ) from error
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise TextDataError(f"{unreadable}: row {number} is {row!r:.60}, and no object with the task's columns.")
    if rows:
        columns.check(list(dict.fromkeys(key for row in rows for key in row)), where)
    return {column: [row.get(column) for row in rows] for column in columns.needed}


def _objects(text: str) -> list[Any]:
    """Return the JSON values of a text, those of a list each for itself.

    Raises:
        ValueError: with the line at which it is no JSON.
    """
    decoder, found, at = json.JSONDecoder(object_pairs_hook=_object), list[Any](), 0
    while (at := _end_of_space(text, at)) < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise ValueError(f"{error.msg} at line {error.lineno}, column {error.colno}") from error
        except ValueError as error:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"{error} in what begins at line {line}") from error
        found += value if isinstance(value, list) else [value]
        at = end
    return found


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _parquet(data: bytes, columns: Columns, where: str) -> dict[str, list[Any]]:
    pyarrow, parquet = _library("pyarrow"), _library("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(BytesIO(data))
        columns.check(file.schema_arrow.names, where)
        table = file.read(columns=list(columns.needed))
        values = {column: table.column(column).to_pylist() for column in columns.needed}
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise TextDataError(f"{where}: it cannot be read as Parquet: {type(error).__name__}: {reason}.") from error
    names = label_names(file.schema_arrow.metadata or {}, columns.label)
    values[columns.label] = [_named(value, names, columns, where) for value in values[columns.label]]
    return values


def label_names(metadata: dict[bytes, bytes], column: str) -> Sequence[str]:
    """Return the names of a column's label numbers, as the `datasets` library writes them into a file; () if none.

    Names that only repeat the numbers ("0", "1", ...), as a `ClassLabel` without names has them, are none.
    """
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError):
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return () if names == [str(number) for number in range(len(names))] else names


def _named(value: Any, names: Sequence[str], columns: Columns, where: str) -> Any:
    """Return a label number as the name that the file gives it."""
    if not names or not isinstance(value, int) or value == -1:
        return value
    name = names[value] if 0 <= value < len(names) else ""
    if columns.named(name) is None:
        raise TextDataError(
            f"{where}, column {columns.label!r}: the file names its label {value} {name!r}, which is no class of the "
            f"task: {', '.join(columns.classes)}. Are these the rows of another set? A task file of your own has the "
            f"names of its file as classes: {', '.join(names)}."
        )
    return name


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)  # optional: only rows in Parquet need it
    except ImportError as error:
        raise MissingExtraError(
            "rows in Parquet need the package `pyarrow`, which is not installed: pip install pyarrow"
        ) from error
