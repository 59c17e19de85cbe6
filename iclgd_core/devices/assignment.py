"""Which GPUs a worker uses: decided by its number, before CUDA starts in it.

A worker's share is written to CUDA_VISIBLE_DEVICES, and within the worker its first device is plain `cuda`. An explicit
`cuda:N` in every call would do for our own code, but any library that falls back on device 0 would open a context of
some hundred MB there for every worker, and a MIG slice has no index that all processes share.
"""

import re
from collections.abc import MutableMapping, Sequence

import torch

from iclgd_core.devices.machine import has_started
from iclgd_core.devices.visible import CUDA_VISIBLE, HIP_VISIBLE, variable
from iclgd_core.errors import SettingsError

_WORKER = re.compile(r"gw(\d+)")


def worker_number(name: str) -> int:
    """Return the number in a worker's name: `gw3` -> 3.

    Raises:
        SettingsError: another kind of name.
    """
    match = _WORKER.fullmatch(name)
    if match is None:
        raise SettingsError(f"PYTEST_XDIST_WORKER is {name!r}. Allowed: gw and a number, as pytest-xdist sets it.")
    return int(match[1])


def share(devices: Sequence[str], worker: int, workers: int) -> tuple[str, ...]:
    """Return the devices of one of `workers` workers, its main device first.

    Not more devices than workers: one each, round robin. More devices: every `workers`-th from the worker's own on, so
    that a model over several GPUs has them and no two workers meet. The number is taken modulo, for a worker that
    replaces a killed one gets the next number.

    >>> [share(("0", "1"), w, 4) for w in (0, 1, 2, 3, 5)]
    [('0',), ('1',), ('0',), ('1',), ('1',)]
    >>> [share(("0", "1", "2", "3"), w, 2) for w in (0, 1, 2)]
    [('0', '2'), ('1', '3'), ('0', '2')]
    """
    if not devices:
        return ()
    workers = max(1, workers)
    if workers >= len(devices):
        return (devices[worker % len(devices)],)
    return tuple(devices[worker % workers :: workers])


def assign(environ: MutableMapping[str, str], devices: Sequence[str]) -> None:
    """Let this process, and its children, see `devices` alone.

    Raises:
        SettingsError: CUDA has started in this process, so that the variable would be read by nobody.
    """
    if has_started():
        raise SettingsError(
            f"CUDA has already started in this process, so the GPUs of the worker can no longer be chosen "
            f"({', '.join(devices)}). Some plugin or conftest uses CUDA while it is imported: disable it (-p no:NAME)."
        )
    name = variable(environ)
    environ[name] = ",".join(devices)
    if name == CUDA_VISIBLE and torch.version.hip is not None:
        environ.pop(HIP_VISIBLE, None)


def ledger_name(device: str, visible: Sequence[str]) -> str:
    """Return the name under which all processes of a run know a torch device: `cpu`, or the GPU's word in the list.

    Args:
        device: `cpu`, `cuda` or `cuda:N`.
        visible: the devices that this process sees.
    """
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return "cpu"
    at = int(index or 0)
    return visible[at] if at < len(visible) else f"{kind}-{at}"
