"""The GPUs that a process may use, as the caller's environment says, in the words that name them there."""

import re
from collections.abc import Mapping

from iclgd_core.devices.machine import count_in_child, gpus, is_built_for_gpus

CUDA_VISIBLE = "CUDA_VISIBLE_DEVICES"
HIP_VISIBLE = "HIP_VISIBLE_DEVICES"

_NAME = re.compile(r"\d+|GPU-\S+|MIG-\S+")


def variable(environ: Mapping[str, str]) -> str:
    """Return the variable that names the visible devices: the one that is set, else CUDA's (ROCm reads it as well)."""
    return HIP_VISIBLE if HIP_VISIBLE in environ and CUDA_VISIBLE not in environ else CUDA_VISIBLE


def named(value: str) -> tuple[str, ...]:
    """Return the devices that a value of CUDA_VISIBLE_DEVICES names: indices, GPU or MIG UUIDs, as they stand.

    As the CUDA runtime reads it: the list ends before the first word that names no device (so "-1" hides all), and a
    device given twice makes the whole list void.

    >>> named("2,GPU-5d5b,-1,0")
    ('2', 'GPU-5d5b')
    """
    found: list[str] = []
    for word in value.split(","):
        if not _NAME.fullmatch(word.strip()):
            break
        found.append(word.strip())
    return tuple(found) if len(set(found)) == len(found) else ()


def visible_devices(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the devices that a process with this environment may use; CUDA is not started.

    The caller's list is taken as it is. Without one, every GPU of the machine by its UUID, for CUDA's own numbering
    may differ from the driver's; by index where only PyTorch can count them. Empty for a PyTorch without GPU support.
    """
    if not is_built_for_gpus():
        return ()
    if variable(environ) in environ:
        return named(environ[variable(environ)])
    return tuple(gpu.uuid for gpu in gpus()) or tuple(str(i) for i in range(count_in_child(environ)))
