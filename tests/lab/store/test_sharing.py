"""Workers that need the same measurement at the same time compute it once."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from iclgd_core.lab.store import Store
from tests.waiting import HANG, until

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import os, sys
from pathlib import Path
import numpy as np
from filelock import FileLock
from iclgd_core.lab.store import Store
from tests.waiting import until

folder = Path(sys.argv[1])
acquire = FileLock.acquire

def told(lock, *arguments, **more):
    (folder / f"asks-{os.getpid()}").touch()
    return acquire(lock, *arguments, **more)

FileLock.acquire = told

def compute():
    (folder / f"computes-{os.getpid()}").touch()
    until(lambda: len(list(folder.glob("asks-*"))) == 2 or len(list(folder.glob("computes-*"))) == 2)
    return {"x": np.arange(3.0)}

print(Store(folder / "store").measure({"k": 1}, compute)["x"].sum())
"""
"""Computes until the other one asks for the same, or computes it too, which it should not."""


def test_two_processes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"
    ]
    answers = [worker.communicate(timeout=HANG) for worker in workers]
    assert [out.strip() for out, _ in answers] == ["3.0", "3.0"], answers
    assert len(list(tmp_path.glob("computes-*"))) == 1


def test_threads_with_a_store_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, asked, calls = 4, list[int](), list[int]()
    sums: list[float] = []
    acquire = FileLock.acquire

    def told(lock: FileLock) -> object:
        asked.append(1)
        return acquire(lock)

    monkeypatch.setattr(FileLock, "acquire", told)

    def compute() -> dict[str, NDArray[np.generic]]:
        calls.append(1)
        until(lambda: len(asked) == threads or len(calls) == threads)
        return {"x": np.arange(3.0)}

    def work() -> None:
        sums.append(float(Store(tmp_path).measure({"k": 1}, compute)["x"].astype(float).sum()))

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert (len(calls), sums) == (1, [3.0] * threads)
