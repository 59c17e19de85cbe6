"""Workers that need the same measurement at the same time compute it once."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclgd_core.measurements import Store

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import sys, time
from pathlib import Path
import numpy as np
from iclgd_core.measurements import Store

root, log = Path(sys.argv[1]), Path(sys.argv[2])

def compute():
    with log.open("a") as file:
        file.write("computed\\n")
    time.sleep(0.5)
    return {"x": np.arange(3.0)}

print(Store(root).measure({"k": 1}, compute)["x"].sum())
"""


def test_two_processes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", WORKER, str(tmp_path / "store"), str(log)]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"
    ]
    answers = [worker.communicate(timeout=120) for worker in workers]
    assert [out.strip() for out, _ in answers] == ["3.0", "3.0"], answers
    assert log.read_text() == "computed\n"


def test_threads_with_a_store_each(tmp_path: Path) -> None:
    calls: list[int] = []
    sums: list[float] = []

    def compute() -> dict[str, NDArray[np.generic]]:
        calls.append(1)
        time.sleep(0.1)
        return {"x": np.arange(3.0)}

    def work() -> None:
        sums.append(float(Store(tmp_path).measure({"k": 1}, compute)["x"].astype(float).sum()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(calls), sums) == (1, [3.0] * 4)
