"""The CPU, its memory and the GPUs."""

import os
from dataclasses import dataclass

import torch

from iclgd_core.devices import (
    available_memory,
    cores,
    free_memory,
    gpus,
    is_built_for_gpus,
    processor_name,
    shown,
    visible_devices,
)
from iclgd_core.devices.visible import variable
from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.errors import SettingsError


@dataclass(frozen=True)
class Device:
    """What a run would compute on.

    Attributes:
        name: `cpu`, `cuda` or `cuda:N`.
        count: GPUs that are visible, 1 for the CPU.
        free: bytes that are free on each, of the smallest; None where nobody tells.
    """

    name: str
    count: int
    free: int | None


def device_of_run(asked: str) -> Device:
    """Return the device that `--iclgd-device` would mean.

    Args:
        asked: auto, cpu, cuda or cuda:N.

    Raises:
        SettingsError: a GPU that is not there.
    """
    count = torch.cuda.device_count() if asked != "cpu" and torch.cuda.is_available() else 0
    if asked == "cpu" or (asked == "auto" and not count):
        return Device("cpu", 1, available_memory())
    index = int(asked.partition(":")[2] or 0)
    if index >= count:
        raise SettingsError(f"--device is {asked!r}, and PyTorch sees {count} GPUs here. Use auto or cpu.")
    name = "cuda" if asked == "auto" else asked
    chosen = [index] if ":" in asked else range(count)
    return Device(name, len(chosen), min(free_memory(f"cuda:{i}") for i in chosen))


def hardware(device: Device) -> Section:
    """Return CPU, memory and GPUs, and why a GPU that is there cannot be used."""
    memory = available_memory()
    found = [
        Finding("CPU", f"{processor_name()}, {cores()} cores usable"),
        Finding("memory available", "unknown" if memory is None else shown(memory), "ok" if memory else "note"),
    ]
    listed = gpus()
    for gpu in listed:
        free = "free memory unknown" if gpu.free is None else f"{shown(gpu.free)} free"
        total = "" if gpu.total is None else f" of {shown(gpu.total)}"
        found.append(Finding(f"GPU {gpu.uuid}", f"{gpu.name}, {free}{total}, driver {gpu.driver}"))
    if not listed:
        found.append(Finding("GPUs", "none that nvidia-smi lists", "note"))
    if name := next((name for name in (variable(os.environ),) if name in os.environ), ""):
        found.append(Finding(name, f"{os.environ[name]!r}: {len(visible_devices(os.environ))} devices"))
    if listed and not is_built_for_gpus():
        hint = "install a PyTorch for CUDA: https://pytorch.org/get-started/locally/"
        found.append(Finding("GPU use", "this PyTorch is built for the CPU", "note", hint))
    elif listed and visible_devices(os.environ) and not torch.cuda.is_available():
        hint = "the driver may be older than the CUDA version of PyTorch: compare with nvidia-smi"
        found.append(Finding("GPU use", "PyTorch cannot start CUDA", "problem", hint))
    where = "the CPU" if device.name == "cpu" else f"{device.name}, {device.count} visible"
    found.append(Finding("a run computes on", where))
    return Section("Hardware", found)
