"""The settings that decide how exactly, and how repeatably, a device computes: set before work, recorded after.

TensorFloat-32 is off in every run, not only in a deterministic one: it rounds the factors of a float32 product to 10
bits, an error of the size of the differences that claims are about. Who wants speed asks for bfloat16, and it shows.
"""

import os
import platform
import sys
from collections.abc import MutableMapping

import torch

from iclgd_core.devices.machine import gpus, has_started
from iclgd_core.devices.processor import cores, processor_name
from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
REPEATABLE_CUBLAS = (":4096:8", ":16:8")
"""Workspaces with which cuBLAS adds in the same order every time."""

ALLOCATOR = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF", "PYTORCH_ALLOC_CONF")
"""Names of the settings of PyTorch's GPU memory, as it looks for them."""


def set_precise() -> None:
    """Compute float32 products in float32, also where TensorFloat-32 would be faster; choose kernels by no timing."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False


def set_deterministic(environ: MutableMapping[str, str] = os.environ) -> None:
    """Let torch use repeatable kernels alone, and fail where there is none; attention in plain matrix products.

    Raises:
        SettingsError: CUDA has started without a repeatable workspace of cuBLAS, or the caller's is no such one.
    """
    given = environ.get(CUBLAS)
    if given is None and has_started():
        raise SettingsError(
            f"CUDA has already started, so {CUBLAS} can no longer be set, and without it results may differ from run "
            f"to run. Set {CUBLAS}={REPEATABLE_CUBLAS[0]} in the environment."
        )
    if given is not None and given not in REPEATABLE_CUBLAS:
        raise SettingsError(
            f"{CUBLAS} is {given!r}. Allowed in a deterministic run: {' or '.join(REPEATABLE_CUBLAS)}. Unset it."
        )
    environ.setdefault(CUBLAS, REPEATABLE_CUBLAS[0])
    set_precise()
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.enable_flash_sdp(False)
    torch.backends.cuda.enable_mem_efficient_sdp(False)
    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.backends.cuda.enable_math_sdp(True)


def numerics(device: str) -> dict[str, Json]:
    """Return everything about a device and its settings that can change a number; CUDA is not started for it.

    Args:
        device: `cpu`, `cuda` or `cuda:N`.
    """
    found: dict[str, Json] = {
        "cpu": processor_name(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "torch": torch.__version__,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "tf32": torch.get_float32_matmul_precision() != "highest" or torch.backends.cudnn.allow_tf32,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
    if device == "cpu":
        return found
    listed = gpus()
    attention: dict[str, Json] = {
        "flash": torch.backends.cuda.flash_sdp_enabled(),  # type: ignore[no-untyped-call]
        "memory_efficient": torch.backends.cuda.mem_efficient_sdp_enabled(),  # type: ignore[no-untyped-call]
        "cudnn": torch.backends.cuda.cudnn_sdp_enabled(),  # type: ignore[no-untyped-call]
        "math": torch.backends.cuda.math_sdp_enabled(),  # type: ignore[no-untyped-call]
    }
    gpu: dict[str, Json] = {
        "gpus": [gpu.name for gpu in listed],
        "driver": listed[0].driver if listed else None,
        "cuda": torch.version.cuda,
        "hip": torch.version.hip,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "sdpa": attention,
        "cublas_workspace": os.environ.get(CUBLAS),
        "allocator": next((os.environ[name] for name in ALLOCATOR if name in os.environ), None),
    }
    return found | gpu
