"""Measured peaks: stored, read back, and changing the next estimate."""

import json
import threading
from pathlib import Path

import pytest
import torch

from iclgd_core.devices import (
    MeasuredPeaks,
    Situation,
    Workload,
    config_digest,
    estimate,
    measured_peak,
    situation_of,
    skeleton,
)
from iclgd_core.devices.measured_peaks import HIGHEST, KEPT, LOWEST
from tests.devices.conftest import tiny_config
from tests.learners.live_bytes import LiveBytes

MIB = 2**20
SITUATION = Situation("d" * 64, "gd whole sgd", "cpu", "float32")


def test_nothing_measured_changes_nothing(tmp_path: Path) -> None:
    assert MeasuredPeaks(tmp_path / "memory").ratio(SITUATION) == 1.0
    assert not (tmp_path / "memory").exists()


def test_the_largest_remembered_ratio_counts(tmp_path: Path) -> None:
    store = MeasuredPeaks(tmp_path / "memory")
    store.record(SITUATION, 100, 150)
    store.record(SITUATION, 100, 120)
    assert MeasuredPeaks(tmp_path / "memory").ratio(SITUATION) == 1.5
    for _ in range(KEPT - 1):
        store.record(SITUATION, 100, 80)
    assert store.ratio(SITUATION) == 1.2
    store.record(SITUATION, 100, 80)
    assert store.ratio(SITUATION) == 0.8


@pytest.mark.parametrize("field", ["model", "kind", "device", "dtype"])
def test_another_situation_is_another_ratio(tmp_path: Path, field: str) -> None:
    store = MeasuredPeaks(tmp_path)
    store.record(SITUATION, 100, 150)
    assert store.ratio(Situation(**(SITUATION.__dict__ | {field: "other"}))) == 1.0


def test_another_version_of_torch_is_another_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MeasuredPeaks(tmp_path)
    store.record(SITUATION, 100, 150)
    monkeypatch.setattr(torch, "__version__", "99.0")
    assert store.ratio(SITUATION) == 1.0


@pytest.mark.parametrize(("measured", "ratio"), [(1, LOWEST), (10**9, HIGHEST), (0, 1.0), (-5, 1.0)])
def test_what_cannot_be_is_cut_or_left_out(tmp_path: Path, measured: int, ratio: float) -> None:
    store = MeasuredPeaks(tmp_path)
    store.record(SITUATION, 100, measured)
    assert store.ratio(SITUATION) == ratio


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"schema": 0}', '{"schema": 1, "key": {}, "ratios": [9]}', "null"],
)
def test_a_damaged_file_counts_for_nothing_and_is_written_anew(tmp_path: Path, content: str) -> None:
    store = MeasuredPeaks(tmp_path)
    store.record(SITUATION, 100, 150)
    (file,) = tmp_path.glob("*.json")
    file.write_text(content)
    assert store.ratio(SITUATION) == 1.0
    store.record(SITUATION, 100, 130)
    assert store.ratio(SITUATION) == 1.3


@pytest.mark.parametrize("ratio", ["NaN", "Infinity", '"x"', "null"])
def test_numbers_that_are_none_count_for_nothing(tmp_path: Path, ratio: str) -> None:
    store = MeasuredPeaks(tmp_path)
    store.record(SITUATION, 100, 150)
    (file,) = tmp_path.glob("*.json")
    file.write_text(json.dumps({"schema": 1, "key": SITUATION.key(), "ratios": ["?"]}).replace('"?"', ratio))
    assert store.ratio(SITUATION) == 1.0


def test_a_directory_that_cannot_be_written_costs_the_correction_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = MeasuredPeaks(tmp_path / "file" / "memory")
    store.record(SITUATION, 100, 150)
    assert store.ratio(SITUATION) == 1.0


def test_no_peak_is_lost_among_writers(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=lambda i=i: MeasuredPeaks(tmp_path).record(SITUATION, 100, 100 + i))
        for i in range(KEPT)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = tmp_path.glob("*.json")
    assert sorted(json.loads(file.read_text())["ratios"]) == [(100 + i) / 100 for i in range(KEPT)]
    assert not list(tmp_path.glob("*.tmp"))


def peak_of_a_block() -> int | None:
    kept = torch.ones(8 * MIB, dtype=torch.uint8)
    with measured_peak(torch.device("cpu")) as peak:
        block = torch.ones(96 * MIB, dtype=torch.uint8)
        del block
    assert len(kept) == 8 * MIB
    return peak.growth


def test_the_peak_on_a_cpu_is_what_was_touched() -> None:
    """At some time, that is: a system that lacks memory may take pages of the process away meanwhile."""
    if peak_of_a_block() is None:
        pytest.skip("this system does not tell the peak of a process")
    assert any(90 * MIB < (peak_of_a_block() or 0) < 130 * MIB for _ in range(100))


def test_the_peak_on_a_gpu_is_what_torch_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: calls.append(str(device)))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 300)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 1000)
    with measured_peak(torch.device("cuda:1")) as peak:
        assert peak.growth is None
    assert peak.growth == 700
    assert calls == ["cuda:1"]


def test_a_real_measurement_changes_the_next_estimate(tmp_path: Path) -> None:
    """Of what torch holds: how much the process grows by depends on what it did before, and that on speed."""
    config = tiny_config(hidden_size=256, intermediate_size=1024, num_hidden_layers=4, max_position_embeddings=512)
    shape, work = skeleton(config, torch.float32), Workload("gd", 8, 512)
    situation = Situation(config_digest(config), work.kind, "cpu", "float32")
    store = MeasuredPeaks(tmp_path)
    before = estimate(shape, work, "cpu", store.ratio(situation))

    module = type(shape.module)(config).train(False)
    with LiveBytes() as live:
        module(torch.zeros(8, 512, dtype=torch.long), use_cache=False, logits_to_keep=1).logits.sum().backward()
    assert 0.3 < live.peak / before.growth < 3
    store.record(situation, before.growth, live.peak)
    after = estimate(shape, work, "cpu", store.ratio(situation))
    assert after.growth == before.growth
    assert after.ratio == pytest.approx(live.peak / before.growth)
    assert after.total == after.weights + max(after.exact, round(1.1 * after.ratio * after.growth))
    assert after.total != before.total


def test_a_situation_is_what_changes_the_formula() -> None:
    shape, wide = (skeleton(tiny_config(hidden_size=size), torch.bfloat16) for size in (32, 64))
    works = (
        Workload("icl", 1, 8),
        Workload("icl", 1, 8, keeps_scores=False),
        Workload("gd", 1, 8),
        Workload("gd", 1, 8, ("model.layers.1.self_attn.v_proj.weight",)),
        Workload("gd", 1, 8, optimizer="adam"),
        Workload("gd", 1, 8, positions=8),
        Workload("gd", 1, 8, positions=24),
    )
    found = [situation_of(one, work, device) for one in (shape, wide) for work in works for device in ("cpu", "cuda")]
    assert len(set(found)) == len(found)
    assert situation_of(shape, works[0], "cuda:3") == situation_of(shape, Workload("icl", 4, 80), "cuda")
    longer = Workload("gd", 4, 80, positions=80)
    assert situation_of(shape, works[-2], "cpu") == situation_of(shape, longer, "cpu")
    assert found[0].dtype == "torch.bfloat16"
