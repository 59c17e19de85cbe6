"""The CPU: cores that may be used, threads a worker, memory that is free."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

SMALL = 50_000_000
"""Parameters up to which a model computes on one thread."""

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
_CPUINFO = Path("/proc/cpuinfo")


def cores(cgroup: Path = _CGROUP) -> int:
    """Return the CPU cores that this process may use: its affinity, and the quota of its container (rounded up)."""
    affinity = getattr(os, "sched_getaffinity", None)  # absent on macOS and Windows
    usable = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit() and int(period) > 0:
        usable = min(usable, max(1, -(-int(quota) // int(period))))
    return max(1, usable)


def threads_for(n_parameters: int, workers: int, usable: int, environ: Mapping[str, str]) -> int:
    """Return the CPU threads that a worker computes with on a model.

    1 for models of at most SMALL parameters: sums over several threads are added up in another order, and the stored
    numbers of the embedded models shall not depend on -n. For larger ones the cores divided by the workers, whatever
    each of them does at the moment; OMP_NUM_THREADS, where the caller has set it, is an upper bound.

    Args:
        n_parameters: size of the model.
        workers: -n, 1 for a serial run.
        usable: cores that may be used.
        environ: the environment.
    """
    if n_parameters <= SMALL:
        return 1
    threads = max(1, usable // max(1, workers))
    given = environ.get("OMP_NUM_THREADS", "")
    return min(threads, int(given)) if given.isdigit() and int(given) > 0 else threads


def available_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Return the bytes of memory that could be had now without swapping, within the container's limit; None unknown."""
    found = []
    for line in _read(meminfo).splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            found.append(int(amount.split()[0]) * 1024)
    limit, used = _read(cgroup / "memory.max").strip(), _read(cgroup / "memory.current").strip()
    if limit.isdigit() and used.isdigit():
        found.append(max(0, int(limit) - int(used)))
    return min(found, default=None)


def processor_name() -> str:
    """Return the model name of the CPU, as far as the system tells it."""
    for line in _read(_CPUINFO).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
