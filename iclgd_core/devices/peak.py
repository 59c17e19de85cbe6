"""The peak of memory while something runs: of PyTorch's allocator on a GPU, of the process on the CPU."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

_SELF = Path("/proc/self")
_RESET_PEAK = "5"
"""Written to clear_refs, it sets the peak of the resident memory (VmHWM) back to what is resident now."""


@dataclass
class Peak:
    """Memory during a `with` block, known after it.

    Attributes:
        growth: bytes at the peak beyond those at its start; None where the system cannot tell.
    """

    growth: int | None = None


@contextmanager
def measured_peak(device: torch.device) -> Iterator[Peak]:
    """Measure the peak of memory within the block.

    On CUDA what PyTorch has allocated (its cache and the context apart), exact to the block of 512 bytes. On the CPU
    the resident memory of the whole process, so memory that was free in the process already is not seen again.
    """
    peak = Peak()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        start = torch.cuda.memory_allocated(device)
        yield peak
        peak.growth = torch.cuda.max_memory_allocated(device) - start
        return
    known = _reset()
    resident = _status("VmRSS")
    yield peak
    highest = _status("VmHWM")
    if known and resident is not None and highest is not None:
        peak.growth = max(0, highest - resident)


def _reset() -> bool:
    try:
        (_SELF / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _status(name: str) -> int | None:
    try:
        text = (_SELF / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    match = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else None
