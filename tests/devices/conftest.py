"""Tiny configurations, and pretended machines."""

from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, PretrainedConfig

from iclgd_core.devices import machine
from tests.waiting import HANG

GPU_LINES = {
    "--query-gpu": """\
GPU-aaaa-1, NVIDIA A100-SXM4-80GB, 81920, 81000, 570.86.15
GPU-bbbb-2, NVIDIA A100-SXM4-80GB, 81920, 40000, 570.86.15
""",
    "-L": """\
GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-aaaa-1)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-bbbb-2)
""",
}


def tiny_config(kind: str = "llama", **more: object) -> PretrainedConfig:
    """Return a configuration of a hundred thousand weights or so."""
    sizes: dict[str, object] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "vocab_size": 97,
        "max_position_embeddings": 128,
    }
    config: PretrainedConfig = AutoConfig.for_model(kind, **(sizes | more))
    return config


class Smi:
    """A pretended nvidia-smi, whose answers are files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "nvidia-smi"
        program.write_text(f'#!/bin/sh\ncase "$1" in\n-L) cat "{folder}/list";;\n*) cat "{folder}/query";;\nesac\n')
        program.chmod(0o755)
        self.says(GPU_LINES["--query-gpu"], GPU_LINES["-L"])

    def says(self, query: str, listing: str) -> None:
        """Set the answers."""
        (self.folder / "query").write_text(query)
        (self.folder / "list").write_text(listing)


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Smi:
    """A machine with two GPUs, as far as nvidia-smi says, under a PyTorch that says it was built for CUDA."""
    folder = tmp_path / "bin"
    folder.mkdir()
    pretended = Smi(folder)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("HIP_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(machine, "SECONDS", HANG)
    return pretended
