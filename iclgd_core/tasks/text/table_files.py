"""Tables from Parquet and JSON lines files, read by the `datasets` library."""

import glob
import hashlib
import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from iclgd_core.errors import IclgdError
from iclgd_core.tasks.text.hub import ENDINGS
from iclgd_core.tasks.text.rows import TextDataError

ALIASES = {"train": ("train",), "validation": ("validation", "dev", "valid", "val"), "test": ("test",)}
"""Names under which a split's file may stand in a local folder."""

_SHARD = re.compile(r"-(\d+)-of-(\d+)\.")


class MissingExtraError(IclgdError):
    """A text task needs an optional package that is not installed."""


def read_files(paths: Sequence[Path], split: str) -> dict[str, list[Any]]:
    """Return the columns of one split's files, in the order of their names.

    The files are opened by `datasets`' own readers for Parquet and JSON, chosen here by ending and never by anything
    that a repository says of itself; the Arrow copies go to the library's cache, not beside the files.

    Raises:
        MissingExtraError: `datasets` is not installed.
        TextDataError: the files cannot be read.
    """
    datasets = datasets_library()
    kind = "parquet" if paths[0].suffix == ".parquet" else "json"
    files = [glob.escape(str(path.resolve())) for path in paths]
    try:
        with quiet(datasets):
            table = datasets.load_dataset(kind, data_files={split: files}, split=split)
            return {str(name): list(table[name]) for name in table.column_names}
    except (OSError, ValueError, TypeError, KeyError, StopIteration, datasets.exceptions.DatasetsError) as error:
        raise TextDataError(
            f"{paths[0]}: it cannot be read as {'Parquet' if kind == 'parquet' else 'JSON lines'}: {_reason(error)} "
            "Each line of a .jsonl file is one JSON object with the task's columns."
        ) from error


def split_files(folder: Path, split: str) -> list[Path]:
    """Return the files of a split in a local folder: SPLIT.jsonl, SPLIT.parquet or SPLIT-*.parquet; [] if none."""
    for name in ALIASES[split]:
        for ending in ENDINGS:
            exact = folder / (name + ending)
            if exact.is_file():
                return [exact]
            shards = sorted(folder.glob(f"{name}-*{ending}"))
            if shards:
                return complete(shards)
    return []


def complete(shards: Sequence[Path]) -> list[Path]:
    """Return the shards in order; TextDataError if their names ("-00001-of-00003") say that some are missing."""
    for path in shards:
        found = _SHARD.search(path.name)
        if found and int(found[2]) != len(shards):
            raise TextDataError(f"{path}: {int(found[2])} shards belong together, but {len(shards)} are there.")
    return sorted(shards)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match a pattern, in order; TextDataError if shards are missing."""
    return complete(sorted(path for path in folder.glob(pattern) if path.is_file()))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def datasets_library() -> ModuleType:
    """Return the `datasets` package.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module("datasets")  # optional and slow to import: only tasks on text need it
    except ImportError as error:
        raise MissingExtraError(
            "text tasks need the package `datasets`, which is not installed: pip install datasets"
        ) from error


@contextmanager
def quiet(datasets: ModuleType) -> Iterator[None]:
    """Show no progress bars of `datasets` unless standard error is a terminal; restore the setting afterwards."""
    if sys.stderr.isatty() or not datasets.is_progress_bar_enabled():
        yield
        return
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.enable_progress_bars()


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0][:200] if lines else 'no message'}."
