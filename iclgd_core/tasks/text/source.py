"""TextSource: where the rows of a text set come from, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iclgd_core.evidence.plain import Json
from iclgd_core.hub.client import online
from iclgd_core.hub.data import HubData, cached_data, fetch_data
from iclgd_core.hub.refusals import NotCachedError
from iclgd_core.hub.source import DEFAULT_REVISION
from iclgd_core.tasks.text.hub import SPLITS, Hub
from iclgd_core.tasks.text.rows import Columns, Split, TextDataError, checked
from iclgd_core.tasks.text.split_files import ALIASES, matching, split_files
from iclgd_core.tasks.text.table_files import read_file


@dataclass(frozen=True)
class Read:
    """What was read.

    Attributes:
        train: rows that demonstrations and tuning queries come from.
        held_out: rows that evaluation queries come from; None: a seeded half of `train`.
        record: where they came from, for the report.
    """

    train: Split
    held_out: Split | None
    record: Mapping[str, Json]


class DataSource(Protocol):
    """Anything that has rows: a declared set, or a class of the user's. Equal sources give the same rows."""

    def __hash__(self) -> int:
        """Hash of whatever decides the rows."""

    @property
    def name(self) -> str:
        """Name of the set; part of every episode's digest and of every random stream."""

    @property
    def columns(self) -> Columns:
        """What its columns and labels mean."""

    def read(self, data: Path | None) -> Read:
        """Read the rows, from a folder if one is given."""


@dataclass(frozen=True)
class TextSource:
    """A text set on the Hub, in a local folder, or both.

    Attributes:
        name: name of the set.
        columns: what its columns and labels mean.
        held_out: split that evaluation queries come from; None: a seeded half of the train split.
        hub: where it stands on the Hub; None: only in a local folder.
        folder: a local folder that a user's own task names; None: the folder of --iclgd-data, or the Hub.
    """

    name: str
    columns: Columns
    held_out: str | None
    hub: Hub | None = None
    folder: Path | None = None

    def read(self, data: Path | None) -> Read:
        """Read the rows: from `data` or `data`/NAME if given, else from the task's own folder, else from the Hub.

        A local folder without the set's own held-out split is read with the other of validation and test, where it
        has that; what was read is recorded.

        Raises:
            TextDataError: no such folder or file, or rows that are not as declared.
            HubError: the set is not in the cache, and the Hub cannot be asked or refuses.
            MissingExtraError: Parquet, and the package `pyarrow` is not installed.
        """
        given = data if data is not None else self.folder
        if given is not None:
            return self._read_folder(given)
        if self.hub is None:
            raise TextDataError(
                f"task {self.name!r} names no Hub repository; give its folder with --iclgd-data DIR, or write "
                "`folder` or `repository` into its file."
            )
        return self._read_hub(self.hub)

    def _read_folder(self, given: Path) -> Read:
        if not given.is_dir():
            raise TextDataError(f"no such folder: {given}. Give the folder that holds {self._wanted()}.")
        folder = given if split_files(given, "train") else given / self.name
        train = split_files(folder, "train") if folder.is_dir() else []
        if not train:
            raise TextDataError(
                f"neither {given} nor {given / self.name} holds a file of the split 'train'. Give a folder that holds "
                f"{self._wanted()}."
            )
        wanted = (self.held_out, *(split for split in SPLITS[1:] if split != self.held_out))
        names = [split for split in wanted if split is not None] if self.held_out else []
        held_out = next((split for split in names if split_files(folder, split)), None)
        files = {"train": train} | ({held_out: split_files(folder, held_out)} if held_out else {})
        digests: dict[str, Json] = {}
        splits = {split: self._rows(paths, split, digests) for split, paths in files.items()}
        record: dict[str, Json] = {"from": "local folder", "files": digests}
        return Read(splits["train"], splits.get(held_out or ""), record)

    def _read_hub(self, hub: Hub) -> Read:
        folder = self._snapshot(hub)
        splits = {}
        for split, pattern in hub.files:
            paths = matching(folder, pattern)
            if not paths:
                raise TextDataError(
                    f"data set {hub.repository!r} at {folder.name} has no file {pattern!r} for its split {split!r}; "
                    "another revision may have it, or give the files as a folder with --iclgd-data DIR."
                )
            splits[split] = self._rows(paths, split, {})
        record: dict[str, Json] = {
            "from": "Hugging Face Hub",
            "repository": hub.repository,
            "revision": folder.name,
            "asked for": hub.revision or "default branch",
            "hash verified": hub.verified or "no",
        }
        return Read(splits["train"], splits.get(self.held_out or ""), record)

    def _snapshot(self, hub: Hub) -> Path:
        """Return the folder of the set's files at one commit; what is in the cache is used without asking the Hub."""
        patterns = tuple(pattern for _, pattern in hub.files)
        data = HubData(self.name, hub.repository, hub.revision or DEFAULT_REVISION, patterns)
        try:
            folder = cached_data(data)
            if all(matching(folder, pattern) for pattern in patterns):
                return folder
        except (NotCachedError, TextDataError):
            if not online():
                raise
        return fetch_data(data)

    def _rows(self, paths: list[Path], split: str, digests: dict[str, Json]) -> Split:
        """Read the files of a split, and put down the SHA-256 of each."""
        tables = [read_file(path, self.columns) for path in paths]
        digests |= {path.name: table.sha256 for path, table in zip(paths, tables, strict=True)}
        values = {name: [value for one in tables for value in one.values[name]] for name in self.columns.needed}
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        return checked(values, self.columns, split, f"{paths[0]}{more}")

    def _wanted(self) -> str:
        split = self.held_out
        also = f" and {' or '.join(ALIASES[split])}.jsonl or .parquet" if split else ""
        return f"train.jsonl or train.parquet{also}, in it or in its subfolder {self.name!r}"
