"""The plugin in nested runs: each worker sees its GPU, a replacement too, and the run's ledgers go with it."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures import devices, environment
from iclgd_core.devices import InsufficientMemoryError
from tests.devices.conftest import Smi
from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[2]

CONFTEST = """
import torch
torch.version.cuda = "12.8"  # a PyTorch that could use the GPUs of the pretended nvidia-smi
from iclgd_core.devices import machine
from tests.waiting import HANG
machine.SECONDS = HANG
pytest_plugins = ["fixtures.options", "fixtures.devices"]
"""

TESTS = """
import json, os, signal
from pathlib import Path
import pytest, torch
from fixtures.devices import memory_of, threads_of
from iclgd_core.devices import has_started, numerics
from tests.waiting import until

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "none")

@pytest.mark.parametrize("i", range(8))
def test_seen(i, pytestconfig):
    with memory_of(pytestconfig).lease(1000, WORKER) as held:
        seen = {
            "visible": os.environ.get("CUDA_VISIBLE_DEVICES"), "omp": os.environ.get("OMP_NUM_THREADS"),
            "started": has_started(), "ledger": str(held._ledger.path), "large": threads_of(10**9),
            "small": threads_of(1000), "tf32": numerics("cpu")["tf32"],
            "deterministic": torch.are_deterministic_algorithms_enabled(),
        }
    Path(f"seen-{WORKER}.json").write_text(json.dumps(seen))
    if WORKER == "gw1":
        until(Path("seen-gw0.json").exists)
        os.kill(os.getpid(), signal.SIGKILL)
    if WORKER == "gw0":
        until(Path("seen-gw2.json").exists)  # so that tests are left for the replacement
"""


class Nested:
    """A nested project with some tests that tell what their process sees."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        quiet = "-p no:cacheprovider -p no:hypothesispytest -p no:anyio"
        pytester.makeini(f"[pytest]\npythonpath = {ROOT}\naddopts = --import-mode=importlib {quiet}\n")
        pytester.makeconftest(CONFTEST)

    def run(self, *options: str) -> pytest.RunResult:
        """Run the tests in a process of their own."""
        self.pytester.makepyfile(TESTS)
        return self.pytester.runpytest_subprocess(*options, timeout=HANG)

    def seen(self) -> dict[str, dict[str, Any]]:
        """What each worker saw, by name."""
        found = sorted(self.pytester.path.glob("seen-*.json"))
        return {path.stem.split("-")[1]: json.loads(path.read_text()) for path in found}


@pytest.fixture
def nested(pytester: pytest.Pytester, smi: Smi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nested:
    """A nested project on a machine with two pretended GPUs, with a directory of its own for temporary files."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return Nested(pytester)


def devices_of(seen: dict[str, dict[str, Any]]) -> dict[str, object]:
    return {worker: one["visible"] for worker, one in seen.items()}


def test_each_worker_sees_its_gpu_and_so_does_a_replacement(
    nested: Nested, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-7,3")
    nested.run("-n2", "--dist=load", "--iclgd-deterministic").assert_outcomes(passed=7, failed=1)
    seen = nested.seen()
    assert devices_of(seen) == {"gw0": "MIG-7", "gw1": "3", "gw2": "MIG-7"}
    for one in seen.values():
        assert not one["started"]
        assert (one["small"], one["tf32"], one["deterministic"]) == (1, False, True)
        assert one["omp"] == str(one["large"])
    assert len({Path(one["ledger"]).parent for one in seen.values()}) == 1
    assert list((tmp_path / "temporary").glob("iclgd-*")) == []


def test_a_serial_run_sees_what_the_caller_sees(nested: Nested, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-bbbb-2,0")
    nested.run("-n0").assert_outcomes(passed=8)
    assert devices_of(nested.seen()) == {"none": "GPU-bbbb-2,0"}
    assert (nested.seen()["none"]["omp"], nested.seen()["none"]["deterministic"]) == (None, False)


def test_the_cap_on_memory_holds(nested: Nested) -> None:
    config = nested.pytester.parseconfigure("--iclgd-max-memory=999", "--iclgd-device=cpu")
    memory = devices.memory_of(config)
    assert memory.capacity == 999
    with pytest.raises(InsufficientMemoryError, match="needs about 1000 B, cpu has 999 B for this run"):
        memory.lease(1000, "a model")


def test_a_device_that_is_none_is_a_usage_error(nested: Nested) -> None:
    with pytest.raises(pytest.UsageError, match="--iclgd-device is 'tpu'"):
        nested.pytester.parseconfigure("--iclgd-device=tpu")


def test_a_run_that_cannot_be_deterministic_is_refused(nested: Nested, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":0:0")
    with pytest.raises(pytest.UsageError, match="CUBLAS_WORKSPACE_CONFIG is ':0:0'"):
        nested.pytester.parseconfigure("--iclgd-deterministic")


def test_the_controller_tells_its_workers_the_gpus_of_the_machine(smi: Smi) -> None:
    node = SimpleNamespace(config=Worker("auto"), workerinput={"testrunuid": "r"})
    devices.pytest_configure_node(node)
    assert node.workerinput[devices.SENT] == ["GPU-aaaa-1", "GPU-bbbb-2"]
    node = SimpleNamespace(config=Worker("cpu"), workerinput={"testrunuid": "r"})
    devices.pytest_configure_node(node)
    assert node.workerinput[devices.SENT] == []


class Worker:
    """What the plugin looks at in the configuration of an xdist worker."""

    def __init__(self, device: str, **workerinput: object) -> None:
        self.workerinput, self.stash, self.device = workerinput, pytest.Stash(), device

    def getoption(self, name: str, default: object = None) -> object:
        return self.device if name == "iclgd_device" else default

    def getini(self, name: str) -> object:
        raise ValueError(name)


@pytest.mark.parametrize(
    ("device", "visible"),
    [("auto", "GPU-2"), ("cuda", "GPU-2"), ("cuda:1", "GPU-1,GPU-2"), ("cpu", "GPU-1,GPU-2")],
)
def test_a_worker_is_given_a_gpu_unless_one_was_named(
    device: str, visible: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HIP_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-1,GPU-2")
    monkeypatch.setattr(devices, "set_precise", lambda: None)
    worker: Any = Worker(device, workerid="gw7", workercount=4, iclgd_devices=["GPU-1", "GPU-2"])
    devices.pytest_configure(worker)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


@pytest.mark.parametrize(("device", "workers"), [("auto", 4), ("cuda", 4), ("cuda:1", 2), ("cpu", None)])
def test_auto_means_two_workers_a_gpu(
    smi: Smi, device: str, workers: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = Worker(device)
    monkeypatch.setattr(devices, "cores", lambda: 64)
    assert devices.pytest_xdist_auto_num_workers(config) == workers
    monkeypatch.setattr(devices, "cores", lambda: 1)
    assert devices.pytest_xdist_auto_num_workers(config) == (None if workers is None else 1)


def test_allocator_settings_of_the_caller_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.ALLOCATOR:
        monkeypatch.delenv(name, raising=False)
    environment.set_defaults()
    assert os.environ["PYTORCH_CUDA_ALLOC_CONF"] == "expandable_segments:True"
    monkeypatch.delenv("PYTORCH_CUDA_ALLOC_CONF")
    monkeypatch.setenv("PYTORCH_ALLOC_CONF", "max_split_size_mb:64")
    environment.set_defaults()
    assert "PYTORCH_CUDA_ALLOC_CONF" not in os.environ
