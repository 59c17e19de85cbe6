"""Memory of a torch device: what is free, and how much of it this process may take."""

import torch

from iclgd_core.devices.estimate import CUDA_CONTEXT
from iclgd_core.devices.processor import available_memory
from iclgd_core.devices.sizes import GIB

UNKNOWN_CPU_MEMORY = 4 * GIB
"""Assumed where the system does not tell how much memory is available."""


def free_memory(device: str) -> int:
    """Return the bytes that are free now. On `cuda`, this starts CUDA: the worker's GPU must have been chosen."""
    if device == "cpu":
        return available_memory() or UNKNOWN_CPU_MEMORY
    free, _ = torch.cuda.mem_get_info(torch.device(device))
    return int(free)


def limit_process(device: str, amount: int) -> float:
    """Keep this process's tensors on a CUDA device within its lease, so that an estimate that was too low hurts no one.

    A process that would take more gets torch.OutOfMemoryError, and goes on in smaller parts (`split_on_oom`).

    Args:
        device: `cpu`, which has no such limit, or a CUDA device.
        amount: bytes leased, the CUDA context included.

    Returns:
        The share of the device's memory, between 0 and 1.
    """
    if device == "cpu":
        return 1.0
    _, total = torch.cuda.mem_get_info(torch.device(device))
    share = min(1.0, max(0, amount - CUDA_CONTEXT) / total)
    torch.cuda.set_per_process_memory_fraction(share, torch.device(device))
    return share
