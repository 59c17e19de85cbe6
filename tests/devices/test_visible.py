"""Which GPUs there are: the caller's list, the driver's list, or a count; CUDA is never started."""

import pytest
import torch

from iclgd_core.devices import gpus, has_started, machine, visible, visible_devices
from iclgd_core.devices.visible import named
from tests.devices.conftest import Smi
from tests.waiting import HANG

MIG_LIST = """\
GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-aaaa-1)
  MIG 3g.40gb     Device  0: (UUID: MIG-1111)
  MIG 3g.40gb     Device  1: (UUID: MIG-2222)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-bbbb-2)
"""


@pytest.mark.parametrize(
    ("value", "devices"),
    [
        ("0,1", ("0", "1")),
        (" 2 , 0 ", ("2", "0")),
        ("GPU-5d5b,MIG-77/1/0", ("GPU-5d5b", "MIG-77/1/0")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("0",)),
        ("0,NoDevFiles", ("0",)),
        ("1,1", ()),
    ],
)
def test_the_callers_list_is_read_as_cuda_does(value: str, devices: tuple[str, ...]) -> None:
    assert named(value) == devices


def test_the_callers_list_wins_over_the_machine(smi: Smi) -> None:
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "MIG-9,3"}) == ("MIG-9", "3")
    assert visible_devices({"CUDA_VISIBLE_DEVICES": ""}) == ()
    assert visible_devices({"HIP_VISIBLE_DEVICES": "1"}) == ("1",)
    assert visible_devices({"HIP_VISIBLE_DEVICES": "1", "CUDA_VISIBLE_DEVICES": "0"}) == ("0",)


def test_without_a_list_the_drivers_uuids_are_used(smi: Smi) -> None:
    assert visible_devices({}) == ("GPU-aaaa-1", "GPU-bbbb-2")
    assert not has_started()


def test_slices_stand_for_their_gpu(smi: Smi) -> None:
    smi.says((smi.folder / "query").read_text(), MIG_LIST)
    found = gpus()
    assert [gpu.uuid for gpu in found] == ["MIG-1111", "MIG-2222", "GPU-bbbb-2"]
    assert (found[0].name, found[0].total) == ("NVIDIA A100-SXM4-80GB MIG 3g.40gb", None)
    assert (found[2].free, found[2].driver) == (40000 * 2**20, "570.86.15")


@pytest.mark.parametrize(
    "query", ["", "NVIDIA-SMI has failed because it couldn't communicate with the driver\n", "a,b\n"]
)
def test_a_driver_that_does_not_answer_has_no_gpus(smi: Smi, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    smi.says(query, "")
    monkeypatch.setattr(visible, "count_in_child", lambda environ: 0)
    assert gpus() == ()
    assert visible_devices({}) == ()


def test_unknown_memory_is_not_zero(smi: Smi) -> None:
    smi.says("GPU-cccc, Orin, [N/A], [N/A], 540.4.0\n", "")
    assert gpus()[0].free is None


def test_a_hanging_driver_is_left(smi: Smi, monkeypatch: pytest.MonkeyPatch) -> None:
    (smi.folder / "nvidia-smi").write_text(f"#!/bin/sh\nexec sleep {HANG}\n")
    monkeypatch.setattr(machine, "SECONDS", 0.2)
    assert gpus() == ()


def test_where_only_torch_can_count_it_counts_in_a_child(smi: Smi, monkeypatch: pytest.MonkeyPatch) -> None:
    (smi.folder / "nvidia-smi").unlink()
    monkeypatch.setattr(visible, "count_in_child", lambda environ: 3)
    assert visible_devices({}) == ("0", "1", "2")


def test_a_child_really_counts() -> None:
    assert machine.count_in_child({"CUDA_VISIBLE_DEVICES": ""}) == 0


@pytest.mark.skipif(torch.version.cuda is not None or torch.version.hip is not None, reason="PyTorch for GPUs")
def test_a_torch_for_the_cpu_has_no_devices() -> None:
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "0"}) == ()
