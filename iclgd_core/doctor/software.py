"""Python, the libraries and their versions."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import torch

from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.errors import IclgdError
from iclgd_core.hub.versions import check_versions

PYTHON = (3, 11)
NEEDED = ("torch", "transformers", "huggingface_hub", "safetensors", "numpy", "scipy", "pytest", "pytest-xdist")
OPTIONAL = {
    "pyarrow": "text tasks in Parquet, as most sets of the Hub are: pip install -e '.[text]' in the checkout",
    "accelerate": "models over several GPUs, and reading weights straight to a GPU: pip install accelerate",
}


def software() -> Section:
    """Return the versions of what computes, and whether they are new enough."""
    found = [
        Finding(
            "Python",
            platform.python_version(),
            "ok" if sys.version_info[:2] >= PYTHON else "problem",
            "" if sys.version_info[:2] >= PYTHON else f"Python {PYTHON[0]}.{PYTHON[1]} or newer is needed",
        )
    ]
    for name in NEEDED:
        there = _version(name)
        found.append(Finding(name, there or "not installed", "ok" if there else "problem"))
    for name, why in OPTIONAL.items():
        there = _version(name)
        found.append(Finding(name, there, "ok") if there else Finding(name, "not installed", "note", why))
    try:
        check_versions()
    except IclgdError as error:
        found.append(Finding("known holes", "a library is too old", "problem", str(error)))
    else:
        found.append(Finding("known holes", "no library is older than its floor"))
    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else f"ROCm {torch.version.hip}"
    found.append(Finding("PyTorch is built for", build if torch.version.cuda or torch.version.hip else "the CPU"))
    return Section("Software", found)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
