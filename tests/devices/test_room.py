"""Room for measurements: as much as is needed, never two halves, given back where another process waits."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from iclgd_core.devices import (
    Calibration,
    DeviceMemory,
    InsufficientMemoryError,
    LeasedRoom,
    Workload,
    estimate,
    skeleton,
)
from iclgd_core.devices.skeleton import Skeleton
from tests.tiny_models import tiny_model

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
    return LeasedRoom("cpu", memory, Calibration(folder / "calibration"), drop, turn=turn), memory


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
    while not memory.is_wanted():
        assert other.poll() is None
        time.sleep(0.02)
    own.rest()
    assert drop.times == 1
    assert other.communicate(timeout=60)[0] == "got it\n"


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


def test_an_idle_process_gives_back_what_another_waits_for(tmp_path: Path, shape: Skeleton) -> None:
    needed, drop, busy = estimate(shape, ICL, "cpu").total, Dropped(), threading.Lock()
    own, memory = room(tmp_path, needed, drop, turn=1e9)
    own.watch_while_idle(busy)
    with busy:
        own.take(shape, "m", [ICL])
        other = waiting(tmp_path / f"{needed}", needed)
        while not memory.is_wanted():
            assert other.poll() is None
            time.sleep(0.02)
        own.rest()
        time.sleep(2.5)
        assert drop.times == 0, "not while it works, and not before its turn is over"
    assert other.communicate(timeout=60)[0] == "got it\n"
    assert drop.times == 1
