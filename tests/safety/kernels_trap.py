"""A stand-in for the package `kernels`, with which transformers fetches compiled code: it leaves a canary instead."""

from pathlib import Path

VERSION = "0.18.2"

NAMES = (
    "CUDAProperties", "Device", "FuncRepository", "KernelizeFallback", "LayerRepository", "LocalFuncRepository",
    "LocalLayerRepository", "Mode", "ROCMProperties",
)  # fmt: skip

SOURCE = """
import os

class Anything:
    ALL = TRAINING = INFERENCE = TORCH_COMPILE = 1
    def __init__(self, *args, **kwargs): pass

{names} = [Anything] * {count}

def unchanged(*args, **kwargs):
    return lambda thing: thing

use_kernel_forward_from_hub = use_kernelized_func = use_kernel_func_from_hub = unchanged

def spring(*args, **kwargs):
    open(os.environ["KERNEL_CANARY"], "a").write(repr(args) + "\\n")
    raise RuntimeError("a kernel was asked for")

get_kernel = get_local_kernel = load_kernel = kernelize = register_kernel_mapping = spring
replace_kernel_forward_from_hub = use_kernel_mapping = spring

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return spring
"""


def install(folder: Path) -> Path:
    """Make the package in a folder, which is to be put on the path, and return the folder."""
    package = folder / "kernels"
    (package / "layer").mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE.format(names=", ".join(NAMES), count=len(NAMES)))
    (package / "layer" / "__init__.py").write_text("from kernels import Mode\n")
    (package / "layer" / "mode.py").write_text("from kernels import Mode\n")
    about = folder / f"kernels-{VERSION}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kernels\nVersion: {VERSION}\n")
    (about / "RECORD").write_text("kernels/__init__.py,,\n")
    return folder
