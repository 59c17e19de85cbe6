"""The pretended machine with two GPUs, of tests/devices."""

from tests.devices.conftest import smi

__all__ = ["smi"]
