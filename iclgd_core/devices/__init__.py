"""Devices: which GPU a worker uses, how much memory work needs, who may take it, and how exactly it computes."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.devices.accelerator import free_memory, limit_process
from iclgd_core.devices.arithmetic import numerics, set_deterministic, set_precise
from iclgd_core.devices.assignment import assign, ledger_name, share, worker_number
from iclgd_core.devices.estimate import Estimate, Workload, estimate
from iclgd_core.devices.lease import (
    DeadlockError,
    DeviceMemory,
    InsufficientMemoryError,
    Lease,
    remove_ledgers,
    run_directory,
    usable,
)
from iclgd_core.devices.machine import Gpu, gpus, has_started, is_built_for_gpus
from iclgd_core.devices.measured_peaks import MeasuredPeaks, Situation, situation_of
from iclgd_core.devices.number_format import NumberFormat, choose_dtype
from iclgd_core.devices.out_of_memory import OutOfMemoryError, free_cached_memory, is_out_of_memory, split_on_oom
from iclgd_core.devices.peak import Peak, measured_peak
from iclgd_core.devices.processor import available_memory, cores, processor_name, threads_for
from iclgd_core.devices.room import LeasedRoom, Room
from iclgd_core.devices.sizes import parse_bytes, shown
from iclgd_core.devices.skeleton import Skeleton, config_digest, skeleton
from iclgd_core.devices.visible import visible_devices

__all__ = [
    "DeadlockError",
    "DeviceMemory",
    "Estimate",
    "Gpu",
    "InsufficientMemoryError",
    "Lease",
    "LeasedRoom",
    "MeasuredPeaks",
    "NumberFormat",
    "OutOfMemoryError",
    "Peak",
    "Room",
    "Situation",
    "Skeleton",
    "Workload",
    "assign",
    "available_memory",
    "choose_dtype",
    "config_digest",
    "cores",
    "estimate",
    "free_cached_memory",
    "free_memory",
    "gpus",
    "has_started",
    "is_built_for_gpus",
    "is_out_of_memory",
    "ledger_name",
    "limit_process",
    "measured_peak",
    "numerics",
    "parse_bytes",
    "processor_name",
    "remove_ledgers",
    "run_directory",
    "set_deterministic",
    "set_precise",
    "share",
    "shown",
    "situation_of",
    "skeleton",
    "split_on_oom",
    "threads_for",
    "usable",
    "visible_devices",
    "worker_number",
]
