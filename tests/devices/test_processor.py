"""Cores, threads and memory of the CPU."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.devices import available_memory, cores, processor_name, threads_for
from iclgd_core.devices.processor import SMALL


@given(st.integers(1, SMALL), st.integers(1, 64), st.integers(1, 256))
def test_a_small_model_takes_one_thread_whatever_the_machine(size: int, workers: int, usable: int) -> None:
    assert threads_for(size, workers, usable, {}) == 1


@given(st.integers(1, 64), st.integers(1, 256))
def test_threads_of_all_workers_fit_the_cores(workers: int, usable: int) -> None:
    threads = threads_for(SMALL + 1, workers, usable, {})
    assert threads >= 1
    assert threads * workers <= max(usable, workers)
    assert (threads + 1) * workers > usable


@pytest.mark.parametrize(("given", "threads"), [("2", 2), ("64", 8), ("0", 8), ("many", 8)])
def test_the_callers_bound_on_threads_holds(given: str, threads: int) -> None:
    assert threads_for(SMALL + 1, 2, 16, {"OMP_NUM_THREADS": given}) == threads


@pytest.mark.parametrize(
    ("quota", "most"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", None), ("x", None)]
)
def test_a_containers_quota_bounds_the_cores(tmp_path: Path, quota: str, most: int | None) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    here = cores(tmp_path / "absent")
    assert cores(tmp_path) == (here if most is None else min(most, here))
    assert 1 <= here <= (os.cpu_count() or 1)


def test_available_memory_is_the_smaller_of_machine_and_container(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 99999 kB\nMemAvailable:   2048 kB\n")
    assert available_memory(meminfo, tmp_path / "absent") == 2048 * 1024
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    assert available_memory(meminfo, tmp_path) == 600000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(meminfo, tmp_path) == 2048 * 1024
    assert available_memory(tmp_path / "none", tmp_path / "absent") is None


def test_the_processor_has_a_name() -> None:
    assert processor_name()
