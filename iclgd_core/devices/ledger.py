"""The ledger of one device: who holds how many bytes of it, who waits for how many, in one locked file.

Every change is read, decide, write under a file lock; the file is replaced whole, so that a process that is killed at
any moment leaves it readable. Entries of processes that no longer live are struck out at every reading.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock

from iclgd_core.devices.process import Process
from iclgd_core.errors import StorageError

SCHEMA = 1


@dataclass
class MemoryRequest:
    """Memory that a process holds or waits for.

    Attributes:
        ticket: place in the order of arrival, unique in the ledger.
        pid, start: the process (see `Process`).
        amount: bytes.
        purpose: for whom, as messages show it.
        granted: whether it is held; else it is waited for.
    """

    ticket: int
    pid: int
    start: str
    amount: int
    purpose: str
    granted: bool = False

    @property
    def process(self) -> Process:
        """The process that holds or waits."""
        return Process(self.pid, self.start)


@dataclass
class Page:
    """What a ledger says at one moment.

    Attributes:
        capacity: bytes of the device that may be leased; fixed by the first process that asks.
        next_ticket: of the next entry.
        entries: of living processes.
    """

    capacity: int
    next_ticket: int = 0
    entries: list[MemoryRequest] = field(default_factory=list)

    @property
    def held(self) -> int:
        """Bytes that are granted."""
        return sum(entry.amount for entry in self.entries if entry.granted)

    def holding(self, process: Process) -> int:
        """Bytes that are granted to one process."""
        return sum(entry.amount for entry in self.entries if entry.granted and entry.process == process)

    def queue(self) -> list[MemoryRequest]:
        """Return the entries that wait, in the order in which they will be served.

        First those of processes that hold something already, for they give it back only when they are done; within
        each kind by arrival, and none is overtaken because it is large.
        """
        waiting = [entry for entry in self.entries if not entry.granted]
        return sorted(waiting, key=lambda entry: (not self.holding(entry.process), entry.ticket))

    def is_stuck(self) -> bool:
        """Return whether nothing can move any more: every holder waits for more, and the next in turn does not fit."""
        holders = {entry.process for entry in self.entries if entry.granted}
        waiting = {entry.process for entry in self.entries if not entry.granted}
        queue = self.queue()
        return bool(holders) and holders <= waiting and self.held + queue[0].amount > self.capacity


class Ledger:
    """The ledger of one device, shared by the processes of one run."""

    def __init__(self, directory: Path, device: str) -> None:
        """Name a ledger; nothing is written yet.

        Args:
            directory: of the run, on a local disk (file locks of network file systems cannot be trusted).
            device: name of the device, the same in all processes.
        """
        stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in device)[:100]
        self.device, self.path = device, directory / f"{stem}.json"

    @contextmanager
    def open(self, capacity: Callable[[], int]) -> Iterator[Page]:
        """Yield the page under the lock, without entries of the dead, and write it back if it was changed.

        Args:
            capacity: bytes that may be leased, asked for if the ledger is new.

        Raises:
            StorageError: the file cannot be read or written, or is not a ledger.
        """
        try:
            private_directory(self.path.parent)
            with FileLock(self.path.with_suffix(".lock"), mode=0o600):
                page, before = self._read(capacity)
                yield page
                after = json.dumps({"schema": SCHEMA, **asdict(page)}, allow_nan=False)
                if after != before:
                    _replace(self.path, after)
        except OSError as error:
            raise StorageError(
                f"memory of {self.device} cannot be leased: {self.path} cannot be used ({error.strerror or error}). "
                "Set TMPDIR to a directory on a local disk that can be written."
            ) from error

    def _read(self, capacity: Callable[[], int]) -> tuple[Page, str]:
        if not self.path.exists():
            return Page(max(0, capacity())), ""
        text = self.path.read_text(encoding="utf-8")
        try:
            read = json.loads(text)
            if read["schema"] != SCHEMA:
                raise ValueError(f"its schema is {read['schema']!r}")
            entries = [MemoryRequest(**one) for one in read["entries"]]
            page = Page(int(read["capacity"]), int(read["next_ticket"]), entries)
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{self.path} is no ledger of memory leases ({error}). Remove it.") from error
        page.entries = [entry for entry in page.entries if entry.process.lives]
        return page, text


def private_directory(path: Path) -> None:
    """Make a directory that this user alone may read, or accept one.

    Raises:
        StorageError: the path is a link, no directory, or another user's.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = path.lstat()
    user = getattr(os, "getuid", lambda: status.st_uid)()  # Windows has no user ids
    if not path.is_dir() or path.is_symlink() or status.st_uid != user:
        raise StorageError(f"{path} is a link or another user's directory. Remove it or set TMPDIR.")


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
