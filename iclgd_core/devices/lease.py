"""Leases: a process takes the memory it needs of a device before it uses it, and waits while it is not there.

Deadlock. A process that needs memory for a model and for a measurement leases the larger sum at once and holds nothing
while it waits, so that no circle can arise. It may still lease twice; then two holders may wait for each other. Each
request sees this in the ledger, where every holder waits and the next in turn does not fit, and the youngest of them
gets a `DeadlockError` instead of waiting for ever: it must give back what it holds and lease the sum at once.

A lease must be taken before any lock that its holder keeps while it computes (that of a measurement's file, say):
otherwise a process could wait for the memory of another one that waits for its lock, which no ledger can see.
"""

import hashlib
import logging
import math
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from iclgd_core.devices.ledger import Ledger, MemoryRequest, Page
from iclgd_core.devices.process import this_process
from iclgd_core.devices.sizes import shown
from iclgd_core.errors import IclgdError

FIRST_POLL, LONGEST_POLL = 0.02, 1.0
FIRST_NOTICE, NEXT_NOTICES = 2.0, 60.0
"""Seconds of waiting before it is reported, and between reports."""

_LOG = logging.getLogger("iclgd.devices")


class InsufficientMemoryError(IclgdError):
    """More memory was asked for than the device has for this run.

    Attributes:
        needed, capacity: bytes.
    """

    def __init__(self, purpose: str, needed: int, device: str, capacity: int) -> None:
        super().__init__(
            f"{purpose} needs about {shown(needed)}, {device} has {shown(capacity)} for this run. Use a smaller model, "
            "a smaller number format (--iclgd-dtype bfloat16) or a device with more memory; other programs on the "
            "device, and --iclgd-max-memory, make it smaller."
        )
        self.needed, self.capacity = needed, capacity


class DeadlockError(IclgdError):
    """Every process that holds memory of the device waits for more of it."""


class DeviceMemory:
    """The memory of one device, leased to the processes of one run."""

    def __init__(
        self,
        directory: Path,
        device: str,
        capacity: Callable[[], int],
        notice: Callable[[str], None] = _LOG.warning,
    ) -> None:
        """Name the device; nothing is leased yet.

        Args:
            directory: of the run's ledgers, see `run_directory`.
            device: name of the device, the same in all processes of the run.
            capacity: bytes that may be leased in sum; asked for by the first process that leases.
            notice: told, in a line, that and for what it waits.
        """
        self._ledger, self._capacity, self._notice = Ledger(directory, device), capacity, notice

    @property
    def capacity(self) -> int:
        """Bytes that may be leased in sum."""
        with self._ledger.open(self._capacity) as page:
            return page.capacity

    def lease(self, amount: int, purpose: str) -> "Lease":
        """Take `amount` bytes, waiting until they fit beside the other leases; first come, first served.

        Args:
            amount: bytes, rounded up to at least one.
            purpose: for whom, such as the model's name.

        Raises:
            InsufficientMemoryError: at once, where it could not fit beside what this process already holds.
            DeadlockError: every holder, this process among them, waits for more.
            StorageError: the ledger cannot be used.
        """
        return Lease(self._ledger, self._capacity, self._take(max(1, amount), purpose))

    def is_wanted(self) -> bool:
        """Return whether a process waits for memory of the device."""
        with self._ledger.open(self._capacity) as page:
            return bool(page.queue())

    def _take(self, amount: int, purpose: str) -> MemoryRequest:
        me = this_process()
        with self._ledger.open(self._capacity) as page:
            needed = page.holding(me) + amount
            if needed > page.capacity:
                raise InsufficientMemoryError(purpose, needed, self._ledger.device, page.capacity)
            entry = MemoryRequest(page.next_ticket, me.pid, me.start, amount, purpose)
            page.next_ticket += 1
            page.entries.append(entry)
            if _grant(page, entry.ticket):
                return entry
        try:
            self._wait(entry)
        except BaseException:
            _strike(self._ledger, self._capacity, entry.ticket)
            raise
        return entry

    def _wait(self, entry: MemoryRequest) -> None:
        started = time.monotonic()
        pause, due = FIRST_POLL, FIRST_NOTICE
        while True:
            time.sleep(pause)
            pause = min(LONGEST_POLL, pause * 1.5)
            with self._ledger.open(self._capacity) as page:
                if _grant(page, entry.ticket):
                    return
                if page.is_stuck() and entry.ticket == max(one.ticket for one in page.queue() if _holds(page, one)):
                    raise DeadlockError(
                        f"{entry.purpose} waits for {shown(entry.amount)} more of {self._ledger.device}, and so does "
                        f"every other process that holds some ({_holders(page)}). Give back what is held and lease "
                        "the whole amount at once, or use fewer workers (-n)."
                    )
            waited = time.monotonic() - started
            if waited >= due:
                due = waited + NEXT_NOTICES
                self._notice(
                    f"{entry.purpose} has waited {waited:.0f} s for {shown(entry.amount)} of {self._ledger.device}: "
                    f"{shown(page.held)} of {shown(page.capacity)} are leased ({_holders(page)})"
                )


class Lease:
    """Bytes of a device held by this process, given back by `release` or at the end of a `with` block."""

    def __init__(self, ledger: Ledger, capacity: Callable[[], int], entry: MemoryRequest) -> None:
        """Made by `DeviceMemory.lease`."""
        self._ledger, self._capacity = ledger, capacity
        self._entries = [entry]

    @property
    def amount(self) -> int:
        """Bytes held."""
        return sum(entry.amount for entry in self._entries)

    def release(self) -> None:
        """Give everything back; again is harmless. A forked child gives back nothing: the lease is its parent's."""
        entries, self._entries = self._entries, []
        for entry in entries:
            if entry.pid == os.getpid():
                _strike(self._ledger, self._capacity, entry.ticket)

    def __enter__(self) -> "Lease":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def run_directory(run: str, root: Path | None = None) -> Path:
    """Return the directory of a run's ledgers, below the system's directory of temporary files.

    Args:
        run: identifier shared by the processes of the run, and by no other run; any text.
        root: instead of the system's directory.
    """
    user = getattr(os, "getuid", lambda: 0)()  # Windows has no user ids, and a directory of its own for each user
    name = hashlib.sha256(run.encode()).hexdigest()[:20]
    return (root or Path(tempfile.gettempdir())) / f"iclgd-{user}-{name}"


def remove_ledgers(directory: Path) -> None:
    """Remove the ledgers of a run that has ended; what cannot be removed stays."""
    with suppress(OSError):
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


def usable(free: int, cap: int | None = None, reserve: float = 0.05) -> int:
    """Return the bytes of a device that may be leased.

    Args:
        free: bytes free at the start of the run.
        cap: at most so many, as the user says; None for no cap.
        reserve: share of `free` that stays free, for what no estimate sees: fragments, kernels loaded late.
    """
    most = max(0, math.floor(free * (1 - reserve)))
    return most if cap is None else min(most, cap)


def _grant(page: Page, ticket: int) -> bool:
    """Grant a waiting entry if it is the next in turn and fits."""
    first = page.queue()[0]
    if first.ticket != ticket or page.held + first.amount > page.capacity:
        return False
    first.granted = True
    return True


def _holds(page: Page, entry: MemoryRequest) -> bool:
    return page.holding(entry.process) > 0


def _strike(ledger: Ledger, capacity: Callable[[], int], ticket: int) -> None:
    with ledger.open(capacity) as page:
        page.entries = [entry for entry in page.entries if entry.ticket != ticket]


def _holders(page: Page) -> str:
    held = [f"{entry.purpose}: {shown(entry.amount)}" for entry in page.entries if entry.granted]
    return ", ".join(held) or "nobody"
