"""The GPUs of the machine, asked for without starting CUDA in this process.

A process whose CUDA driver has started keeps the devices that it saw then: `torch.cuda.is_available()` alone fixes
them. What has to be known before that is asked of `nvidia-smi`, or of a child process where there is none.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from iclgd_core.devices.sizes import MIB

SECONDS = 300.0
"""Longest wait for an answer: a driver that hangs must not hang the run, but a busy machine imports torch slowly."""

_FIELDS = ("uuid", "name", "memory.total", "memory.free", "driver_version")
_MIG = re.compile(r"^\s+MIG\s+(?P<profile>\S+).*\(UUID:\s*(?P<uuid>MIG-[^)]+)\)")
_GPU = re.compile(r"^GPU\s+\d+:.*\(UUID:\s*(?P<uuid>GPU-[^)]+)\)")


@dataclass(frozen=True)
class Gpu:
    """One device as the driver lists it.

    Attributes:
        uuid: what CUDA_VISIBLE_DEVICES may name it by; `GPU-...`, or `MIG-...` for a slice of one.
        name: the product, and the profile of a slice.
        total, free: bytes, None where the driver does not say (slices).
        driver: version of the driver.
    """

    uuid: str
    name: str
    total: int | None
    free: int | None
    driver: str


def is_built_for_gpus() -> bool:
    """Return whether this PyTorch can use a GPU at all; nothing is started."""
    return torch.version.cuda is not None or torch.version.hip is not None


def has_started() -> bool:
    """Return whether CUDA has started in this process, so that its devices can no longer be chosen."""
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]


def gpus() -> tuple[Gpu, ...]:
    """Return the machine's GPUs by PCI bus; a GPU that is cut in slices (MIG) is listed as its slices.

    Empty where there is no `nvidia-smi`, or where it fails.
    """
    table = _nvidia_smi(f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits")
    whole = [gpu for line in table.splitlines() if (gpu := _row(line)) is not None]
    slices = _slices(_nvidia_smi("-L")) if whole else {}
    found: list[Gpu] = []
    for gpu in whole:
        cut = slices.get(gpu.uuid, [])
        found += [Gpu(uuid, f"{gpu.name} MIG {profile}", None, None, gpu.driver) for uuid, profile in cut] or [gpu]
    return tuple(found)


def count_in_child(environ: Mapping[str, str]) -> int:
    """Return the number of devices that PyTorch sees, counted in a child process; 0 where that fails."""
    code = "import torch; print(torch.cuda.device_count())"
    answer = _answer([sys.executable, "-c", code], environ).strip()
    return int(answer) if answer.isdigit() else 0


def _row(line: str) -> Gpu | None:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(_FIELDS) or not cells[0].startswith("GPU-"):
        return None
    uuid, name, total, free, driver = cells
    return Gpu(uuid, name, _mebibytes(total), _mebibytes(free), driver)


def _mebibytes(cell: str) -> int | None:
    return int(cell) * MIB if cell.isdigit() else None


def _slices(listing: str) -> dict[str, list[tuple[str, str]]]:
    """Return (UUID, profile) of the slices of each GPU, from the output of `nvidia-smi -L`."""
    found: dict[str, list[tuple[str, str]]] = {}
    gpu = ""
    for line in listing.splitlines():
        if match := _GPU.match(line):
            gpu = match["uuid"]
        elif match := _MIG.match(line):
            found.setdefault(gpu, []).append((match["uuid"], match["profile"]))
    return found


def _nvidia_smi(*arguments: str) -> str:
    program = shutil.which("nvidia-smi")
    return _answer([program, *arguments], os.environ) if program else ""


def _answer(command: list[str], environ: Mapping[str, str]) -> str:
    """Return what a command writes; empty where it fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True, env=dict(environ))  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
