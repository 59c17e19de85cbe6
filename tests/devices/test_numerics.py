"""How exactly a device computes: set, restored by the test, recorded."""

import json
from collections.abc import Iterator

import pytest
import torch

from iclgd_core.devices import free_memory, has_started, limit_process, numerics, set_deterministic, set_precise
from iclgd_core.errors import SettingsError
from tests.devices.conftest import Smi

MODULE = "iclgd_core.devices.arithmetic"


@pytest.fixture
def flags() -> Iterator[None]:
    """Put torch's flags back."""
    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    before = (torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic)
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_float32_matmul_precision(before[0])
    cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic = before[1:]
    torch.use_deterministic_algorithms(deterministic)
    for enable in (cuda.enable_flash_sdp, cuda.enable_mem_efficient_sdp, cuda.enable_cudnn_sdp, cuda.enable_math_sdp):
        enable(True)


def test_tensor_float_is_off_by_default(flags: None) -> None:
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    assert numerics("cpu")["tf32"] is True
    set_precise()
    found = numerics("cpu")
    assert (found["tf32"], found["float32_matmul_precision"]) == (False, "highest")
    assert found["deterministic"] is False
    assert not torch.backends.cuda.matmul.allow_tf32


def test_a_deterministic_run(flags: None) -> None:
    environ: dict[str, str] = {}
    set_deterministic(environ)
    assert environ == {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    found = numerics("cuda")
    assert found["deterministic"] is True
    assert found["sdpa"] == {"flash": False, "memory_efficient": False, "cudnn": False, "math": True}
    with pytest.raises(RuntimeError, match="deterministic"):
        torch.nn.functional.max_unpool1d(torch.ones(1, 1, 1), torch.zeros(1, 1, 1, dtype=torch.long), [2])


def test_a_callers_repeatable_workspace_stays(flags: None) -> None:
    environ = {"CUBLAS_WORKSPACE_CONFIG": ":16:8"}
    set_deterministic(environ)
    assert environ == {"CUBLAS_WORKSPACE_CONFIG": ":16:8"}


def test_too_late_and_contradicting_settings_are_refused(flags: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="Allowed in a deterministic run: :4096:8 or :16:8"):
        set_deterministic({"CUBLAS_WORKSPACE_CONFIG": ":0:0"})
    monkeypatch.setattr(f"{MODULE}.has_started", lambda: True)
    with pytest.raises(SettingsError, match="CUDA has already started"):
        set_deterministic({})
    assert not torch.are_deterministic_algorithms_enabled()
    set_deterministic({"CUBLAS_WORKSPACE_CONFIG": ":4096:8"})
    assert torch.are_deterministic_algorithms_enabled()


def test_what_is_recorded_is_json_and_starts_no_cuda(smi: Smi) -> None:
    found = numerics("cuda")
    json.dumps(found, allow_nan=False)
    assert found["gpus"] == ["NVIDIA A100-SXM4-80GB"] * 2
    assert found["driver"] == "570.86.15"
    assert {"cpu", "cpu_capability", "threads", "cuda", "cudnn_benchmark", "cublas_workspace"} <= found.keys()
    assert "gpus" not in numerics("cpu")
    assert not has_started()


def test_the_cpus_memory_is_what_is_available() -> None:
    assert 2**20 < free_memory("cpu")
    assert limit_process("cpu", 5) == 1.0


def test_a_process_is_kept_within_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    gib = 2**30
    limits: list[tuple[float, str]] = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (60 * gib, 80 * gib))
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda share, device: limits.append((share, str(device)))
    )
    assert free_memory("cuda:0") == 60 * gib
    assert limit_process("cuda:0", 40 * gib + gib // 2) == 0.5
    assert limit_process("cuda", 200 * gib) == 1.0
    assert limit_process("cuda", 5) == 0.0
    assert limits == [(0.5, "cuda:0"), (1.0, "cuda"), (0.0, "cuda")]
