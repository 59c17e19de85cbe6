"""Room for a measurement: memory leased before it starts, estimated from the model's shape, corrected by what it took.

A process holds one lease. Where the next measurement needs more, it gives everything back first, its model included,
and leases the larger amount at once, so that no two processes can wait for each other. Room is taken before any lock.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch

from iclgd_core.devices.accelerator import limit_process
from iclgd_core.devices.estimate import Workload, estimate
from iclgd_core.devices.lease import DeviceMemory, Lease
from iclgd_core.devices.measured_peaks import MeasuredPeaks, situation_of
from iclgd_core.devices.peak import measured_peak
from iclgd_core.devices.skeleton import Skeleton

POLL = 1.0
"""Seconds between two looks of an idle process at who waits."""

TURN = 120.0
"""Seconds: reading a large model anew takes a good part of a minute, and is to be rare."""


class Room(Protocol):
    """What a laboratory asks before and while it measures."""

    def take(self, shape: Skeleton, name: str, works: Sequence[Workload], more: int = 0) -> None:
        """Wait until the memory for a model and the largest of some measurements, and `more` bytes, is ours."""

    def watch(self, shape: Skeleton, work: Workload) -> AbstractContextManager[None]:
        """Measure the memory that is taken within the context."""


class LeasedRoom:
    """Room on one device, shared with the other processes of the run.

    Attributes:
        device: torch device.
        shared: whether other processes of the run use it.
        turn: seconds that a lease is kept at least.
    """

    def __init__(
        self,
        device: str,
        memory: DeviceMemory,
        peaks: MeasuredPeaks,
        drop: Callable[[], None],
        shared: bool = False,
        turn: float = TURN,
    ) -> None:
        """Name the device; nothing is leased yet.

        Args:
            device: torch device.
            memory: of the device.
            peaks: where measured peaks are kept.
            drop: lets go of the models in memory; they are fetched again when asked for.
            shared: whether other processes of the run use the device, so that this one is kept within its lease.
            turn: seconds that a lease is kept at least while tests follow each other.
        """
        self.device, self.shared, self.turn = device, shared, turn
        self._memory, self._peaks, self._drop = memory, peaks, drop
        self._lease: Lease | None = None
        self._since = 0.0

    def take(self, shape: Skeleton, name: str, works: Sequence[Workload], more: int = 0) -> None:
        """Hold the memory that a model and the largest of some measurements with it need, and `more` bytes.

        Raises:
            InsufficientMemoryError: the device has less, whoever else uses it.
        """
        ratios = [self._peaks.ratio(situation_of(shape, work, self.device)) for work in works]
        needed = more + max(
            estimate(shape, work, self.device, ratio).total for work, ratio in zip(works, ratios, strict=True)
        )
        if self._lease is not None and self._lease.amount >= needed:
            return
        self.give_back()
        self._lease = self._memory.lease(needed, f"{name}, {' or '.join(work.kind for work in works)}")
        self._since = time.monotonic()
        if self.shared:
            limit_process(self.device, needed)

    @contextmanager
    def watch(self, shape: Skeleton, work: Workload) -> Iterator[None]:
        """Remember what a measurement took beside what was estimated."""
        with measured_peak(torch.device(self.device)) as peak:
            yield
        if peak.growth is not None:
            growth = estimate(shape, work, self.device).growth
            self._peaks.record(situation_of(shape, work, self.device), growth, peak.growth)

    def rest(self) -> None:
        """Between two tests: give everything back if another process waits and this one has had its turn."""
        if self._lease is not None and time.monotonic() - self._since >= self.turn and self._memory.is_wanted():
            self.give_back()

    def watch_while_idle(self, busy: threading.Lock) -> None:
        """From now on give everything back whenever another process waits and this one is idle.

        A worker of pytest-xdist may keep a test back until the others have finished theirs: what it held then would
        never be free for them.

        Args:
            busy: held by the process while it works.
        """

        def look() -> None:
            while True:
                time.sleep(POLL)
                if self._lease is not None and busy.acquire(blocking=False):
                    try:
                        if self._memory.is_wanted():
                            self.give_back()
                    finally:
                        busy.release()

        threading.Thread(target=look, name="iclgd idle lease", daemon=True).start()

    def give_back(self) -> None:
        """Let go of the models and of the lease."""
        if self._lease is not None:
            self._drop()
            self._lease.release()
            self._lease = None
