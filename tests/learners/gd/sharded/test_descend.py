"""The parent: what it refuses, what it makes of failures, and how it goes on where memory runs out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclgd_core.errors import SettingsError
from iclgd_core.learners.gd.optimizers import get_optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded import ShardedError, ShardedMemoryError, descend, descend_sharded
from iclgd_core.learners.gd.sharded.job import JOB, write_answers, write_done
from tests.learners.gd.sharded.toys import save_toy, toy_run

Launch = Callable[[str, Path, int, float], None]


def asked(runs: list[Run], path: Path = Path("/nowhere"), devices: int = 2, **more: Any) -> list[Any]:
    arguments = ("float32", "whole", get_optimizer("gd"), (1,), runs, devices, 300.0)
    return descend_sharded(path, *arguments, labels=np.array([1]), **more)


def recording(seen: list[dict[str, Any]], fails: int) -> Launch:
    """Run out of memory `fails` times, and then answer."""

    def launch(module: str, folder: Path, devices: int, time_out: float) -> None:
        seen.append(json.loads((folder / JOB).read_text())["settings"])
        if len(seen) <= fails:
            raise ShardedMemoryError("too much")
        for rank in range(devices):
            write_done(folder, rank, [write_answers(folder, 0, rank, [np.zeros((2, 6), np.float32)], [0.5])])

    return launch


def test_out_of_memory_halves_the_forward_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(descend, "launch", recording(seen, 2))
    ((log_probs, losses),) = asked([toy_run()])
    assert log_probs.shape == (1, 4, 6)
    assert losses.tolist() == [0.5]
    assert [one["batch_tokens"] for one in seen] == [4096, 2048, 1024]
    assert [one["checkpointing"] for one in seen] == [False, True, True]


def test_out_of_memory_with_one_prompt_at_a_time_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(descend, "launch", recording(seen, 99))
    with pytest.raises(ShardedMemoryError, match=r"^too much By estimate it needs \d+\.\d KiB on each of 2 devices\.$"):
        asked([toy_run()], path=save_toy("llama", tmp_path))
    assert seen[-1]["batch_tokens"] < 2 * 8
    assert len(seen) < 12


def test_a_damaged_model_is_one_clear_error(tmp_path: Path) -> None:
    path = save_toy("llama", tmp_path)
    (path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ShardedError, match=r"^the model in .*llama cannot be read: .*save it again"):
        asked([toy_run()], path=path, devices=1)


@pytest.mark.parametrize("runs", [[], [Run([], np.array([], dtype=np.int64), toy_run().queries, 0.1)]])
def test_nothing_to_train_on_is_refused(runs: list[Run]) -> None:
    with pytest.raises(SettingsError, match="at least one run, each with examples and queries"):
        asked(runs)


def test_more_gpus_than_there_are_and_none_at_all_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with pytest.raises(SettingsError, match=r"on 4 GPUs was asked for, but 3 are visible"):
        asked([toy_run()], devices=4, device="cuda")
    with pytest.raises(SettingsError, match="at least one device; got 0"):
        asked([toy_run()], devices=0)
