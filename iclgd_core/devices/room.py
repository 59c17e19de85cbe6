"""Room for a measurement: memory leased before it starts, estimated from the model's shape, corrected by what it took.

A process holds one lease. Where the next measurement needs more, it gives everything back first, its model included,
and leases the larger amount at once, so that no two processes can wait for each other. Room is taken before any lock.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch

from iclgd_core.devices.accelerator import limit_process
from iclgd_core.devices.calibration import Calibration, situation_of
from iclgd_core.devices.estimate import Workload, estimate
from iclgd_core.devices.lease import DeviceMemory, Lease
from iclgd_core.devices.peak import measured_peak
from iclgd_core.devices.skeleton import Skeleton


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
    """

    def __init__(
        self,
        device: str,
        memory: DeviceMemory,
        calibration: Calibration,
        drop: Callable[[], None],
        shared: bool = False,
    ) -> None:
        """Name the device; nothing is leased yet.

        Args:
            device: torch device.
            memory: of the device.
            calibration: where measured peaks are kept.
            drop: lets go of the models in memory; they are fetched again when asked for.
            shared: whether other processes of the run use the device, so that this one is kept within its lease.
        """
        self.device, self.shared = device, shared
        self._memory, self._calibration, self._drop = memory, calibration, drop
        self._lease: Lease | None = None

    def take(self, shape: Skeleton, name: str, works: Sequence[Workload], more: int = 0) -> None:
        """Hold the memory that a model and the largest of some measurements with it need, and `more` bytes.

        Raises:
            InsufficientMemoryError: the device has less, whoever else uses it.
        """
        ratios = [self._calibration.ratio(situation_of(shape, work, self.device)) for work in works]
        needed = more + max(
            estimate(shape, work, self.device, ratio).total for work, ratio in zip(works, ratios, strict=True)
        )
        if self._lease is not None and self._lease.amount >= needed:
            return
        self.give_back()
        self._lease = self._memory.lease(needed, f"{name}, {' or '.join(work.kind for work in works)}")
        if self.shared:
            limit_process(self.device, needed)

    @contextmanager
    def watch(self, shape: Skeleton, work: Workload) -> Iterator[None]:
        """Remember what a measurement took beside what was estimated."""
        with measured_peak(torch.device(self.device)) as peak:
            yield
        if peak.growth is not None:
            growth = estimate(shape, work, self.device).growth
            self._calibration.record(situation_of(shape, work, self.device), growth, peak.growth)

    def rest(self) -> None:
        """Between two tests: give everything back if another process waits for memory of the device."""
        if self._lease is not None and self._memory.is_wanted():
            self.give_back()

    def give_back(self) -> None:
        """Let go of the models and of the lease."""
        if self._lease is not None:
            self._drop()
            self._lease.release()
            self._lease = None
