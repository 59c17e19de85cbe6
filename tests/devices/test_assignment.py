"""Which worker gets which GPU."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.devices import assign, assignment, ledger_name, share, worker_number
from iclgd_core.errors import SettingsError

devices = st.integers(0, 9).map(lambda n: tuple(f"GPU-{i}" for i in range(n)))


@pytest.mark.parametrize(("name", "number"), [("gw0", 0), ("gw7", 7), ("gw12", 12)])
def test_a_worker_has_a_number(name: str, number: int) -> None:
    assert worker_number(name) == number


@pytest.mark.parametrize("name", ["master", "gw", "gw-1", "xgw1", ""])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="Allowed: gw and a number"):
        worker_number(name)


@given(devices, st.integers(1, 20))
def test_every_device_is_used_and_no_worker_is_left_out(listed: tuple[str, ...], workers: int) -> None:
    shares = [share(listed, worker, workers) for worker in range(workers)]
    if not listed:
        assert shares == [()] * workers
        return
    assert all(shares)
    assert {name for mine in shares for name in mine} == set(listed)
    load = [sum(name in mine for mine in shares) for name in listed]
    assert max(load) - min(load) <= 1
    if workers <= len(listed):
        assert load == [1] * len(listed)
    else:
        assert {len(mine) for mine in shares} == {1}


@given(devices, st.integers(1, 6), st.integers(0, 40))
def test_a_replacement_gets_devices_of_the_list(listed: tuple[str, ...], workers: int, worker: int) -> None:
    mine = share(listed, worker, workers)
    assert bool(mine) == bool(listed)
    assert mine in [share(listed, one, workers) for one in range(workers)]


def test_a_worker_and_its_children_see_its_devices_alone() -> None:
    environ = {"CUDA_VISIBLE_DEVICES": "3,GPU-5d5b", "OTHER": "1"}
    assign(environ, ["GPU-5d5b"])
    assert environ == {"CUDA_VISIBLE_DEVICES": "GPU-5d5b", "OTHER": "1"}
    environ = {"HIP_VISIBLE_DEVICES": "0,1"}
    assign(environ, ["1"])
    assert environ == {"HIP_VISIBLE_DEVICES": "1"}


def test_after_cuda_has_started_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "has_started", lambda: True)
    environ = {"CUDA_VISIBLE_DEVICES": "0,1"}
    with pytest.raises(SettingsError, match="CUDA has already started"):
        assign(environ, ["1"])
    assert environ == {"CUDA_VISIBLE_DEVICES": "0,1"}


@pytest.mark.parametrize(
    ("device", "visible", "name"),
    [
        ("cpu", (), "cpu"),
        ("cuda", ("GPU-a",), "GPU-a"),
        ("cuda:1", ("4", "7"), "7"),
        ("cuda:2", ("4",), "cuda-2"),
        ("cuda", (), "cuda-0"),
    ],
)
def test_all_processes_know_a_device_by_one_name(device: str, visible: tuple[str, ...], name: str) -> None:
    assert ledger_name(device, visible) == name
