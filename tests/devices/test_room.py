"""Room for measurements: as much as is needed, never two halves, given back where another process waits."""

import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

import pytest

from iclgd_core.devices import (
    DeviceMemory,
    InsufficientMemoryError,
    LeasedRoom,
    MeasuredPeaks,
    Workload,
    estimate,
    skeleton,
)
from iclgd_core.devices import room as devices_room
from iclgd_core.devices.skeleton import Skeleton
from tests.tiny_models import tiny_model
from tests.waiting import HANG, until

ICL = Workload("icl", rows=4, tokens=32)
GD = Workload("gd", rows=4, tokens=32, optimizer="adam")

WAITING = """
import sys
from pathlib import Path
from iclgd_core.devices import DeviceMemory
with DeviceMemory(Path(sys.argv[1]), "cpu", lambda: 0).lease(int(sys.argv[2]), "another"):
    print("got it")
"""


@pytest.fixture
def shape() -> Skeleton:
    model = tiny_model()
    return skeleton(model.config, model.module.dtype)


class Dropped:
    """Counts how often the models were let go of."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def room(folder: Path, capacity: int, drop: Dropped, turn: float = 0.0) -> tuple[LeasedRoom, DeviceMemory]:
    memory = DeviceMemory(folder / f"{capacity}", "cpu", lambda: capacity)
    return LeasedRoom("cpu", memory, MeasuredPeaks(folder / "calibration"), drop, turn=turn), memory


def waiting(folder: Path, amount: int) -> "subprocess.Popen[str]":
    """Another process that waits for memory of the device."""
    return subprocess.Popen(
        [sys.executable, "-c", WAITING, str(folder), str(amount)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"PYTHONPATH": "."},
    )


def test_a_larger_measurement_gives_everything_back_first(tmp_path: Path, shape: Skeleton) -> None:
    small, large = (estimate(shape, work, "cpu").total for work in (ICL, GD))
    assert small < large
    drop = Dropped()
    own, memory = room(tmp_path, large, drop)
    own.take(shape, "m", [ICL])
    own.take(shape, "m", [ICL])
    assert drop.times == 0
    own.take(shape, "m", [GD])  # both at once would not fit
    assert drop.times == 1
    own.take(shape, "m", [ICL])
    assert drop.times == 1, "what is held is enough"
    own.give_back()
    assert memory.lease(large, "all of it").amount == large


def test_what_never_fits_is_refused_with_both_amounts(tmp_path: Path, shape: Skeleton) -> None:
    own, _ = room(tmp_path, estimate(shape, GD, "cpu").total - 1, Dropped())
    own.take(shape, "m", [ICL])
    with pytest.raises(InsufficientMemoryError, match="m, gd needs about"):
        own.take(shape, "m", [GD])


def test_it_rests_only_where_another_process_waits(tmp_path: Path, shape: Skeleton) -> None:
    needed, drop = estimate(shape, ICL, "cpu").total, Dropped()
    own, memory = room(tmp_path, needed, drop)
    own.take(shape, "m", [ICL])
    own.rest()
    assert drop.times == 0
    other = waiting(tmp_path / f"{needed}", needed)
    until(lambda: memory.is_wanted() or other.poll() is not None)
    own.rest()
    assert drop.times == 1
    assert other.communicate(timeout=HANG)[0] == "got it\n"


def test_a_measured_peak_corrects_the_next_request(tmp_path: Path, shape: Skeleton) -> None:
    own, memory = room(tmp_path, 2**40, Dropped())
    with own.watch(shape, ICL):
        block = bytearray(200 * 2**20)
        block[::4096] = b"x" * len(block[::4096])
    del block
    before = estimate(shape, ICL, "cpu").total
    own.take(shape, "m", [ICL])
    own.give_back()
    fresh, _ = room(tmp_path, before, Dropped())
    with pytest.raises(InsufficientMemoryError):
        fresh.take(shape, "m", [ICL])
    assert not memory.is_wanted()


class Busy:
    """The lock of a working process, which counts how often it was asked for in vain."""

    def __init__(self) -> None:
        self._lock, self.looks = threading.Lock(), 0

    def acquire(self, blocking: bool = True) -> bool:
        got = self._lock.acquire(blocking)
        self.looks += not got
        return got

    def release(self) -> None:
        self._lock.release()


def test_an_idle_process_gives_back_what_another_waits_for(
    tmp_path: Path, shape: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices_room, "POLL", 0.05)
    needed, drop, busy = estimate(shape, ICL, "cpu").total, Dropped(), Busy()
    own, memory = room(tmp_path, needed, drop, turn=math.inf)
    own.watch_while_idle(cast(threading.Lock, busy))
    busy.acquire()
    own.take(shape, "m", [ICL])
    other = waiting(tmp_path / f"{needed}", needed)
    until(lambda: memory.is_wanted() or other.poll() is not None)
    own.rest()
    before = busy.looks
    until(lambda: busy.looks >= before + 3)
    assert drop.times == 0, "not while it works, and not before its turn is over"
    busy.release()
    assert other.communicate(timeout=HANG)[0] == "got it\n"
    assert drop.times == 1
