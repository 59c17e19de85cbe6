"""What parent and child tell each other comes through whole, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.learners.gd.optimizers import get_optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded.job import (
    JOB,
    TOKENS,
    Settings,
    ShardedError,
    read_answers,
    read_job,
    write_answers,
    write_done,
    write_job,
)
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.tasks.prompts import Prompt
from tests.learners.gd.sharded.toys import toy_run

SETTINGS = Settings(
    source="/models/a", dtype="bfloat16", part="v_deep", optimizer=get_optimizer("sgd4"), readouts=(1, 5), device="cpu",
    attention=None, batch_tokens=128, checkpointing=True, time_out=12.5, deterministic=False,
)  # fmt: skip
LABELS = np.array([3, 4])

ids = st.lists(st.integers(0, 2**31), min_size=1, max_size=6)
prompt = ids.flatmap(lambda row: st.integers(0, len(row) - 1).map(lambda at: Prompt(np.array(row), at)))
run = st.lists(prompt, min_size=1, max_size=4).flatmap(
    lambda examples: st.builds(
        Run,
        st.just(examples),
        st.just(np.arange(len(examples)) * 7),
        st.lists(prompt, min_size=1, max_size=4),
        st.floats(1e-9, 1e9),
    )
)


def parts(one: Run) -> list[object]:
    told = [(p.ids.tolist(), p.readout) for p in (*one.examples, *one.queries)]
    return [len(one.examples), told, one.targets.tolist(), one.learning_rate]


@given(runs=st.lists(run, min_size=1, max_size=3))
def test_a_job_comes_through(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("job")
    write_job(folder, SETTINGS, runs, LABELS)
    settings, found, labels = read_job(folder)
    assert settings == SETTINGS
    assert labels.tolist() == LABELS.tolist()
    assert [parts(one) for one in found] == [parts(one) for one in runs]


def test_changed_token_ids_are_refused(tmp_path: Path) -> None:
    write_job(tmp_path, SETTINGS, [toy_run()], LABELS)
    data = bytearray((tmp_path / TOKENS).read_bytes())
    data[-1] ^= 1
    (tmp_path / TOKENS).write_bytes(data)
    with pytest.raises(ShardedError, match="token ids were changed"):
        read_job(tmp_path)


def test_another_schema_is_refused(tmp_path: Path) -> None:
    write_job(tmp_path, SETTINGS, [toy_run()], LABELS)
    job = json.loads((tmp_path / JOB).read_text())
    (tmp_path / JOB).write_text(json.dumps(job | {"schema": "iclgd-sharded-job/0"}))
    with pytest.raises(ShardedError, match="not of schema"):
        read_job(tmp_path)


def dense(queries: int, seed: int) -> LogProbs:
    return np.random.default_rng(seed).normal(size=(queries, 6)).astype(np.float32)


def top(queries: int, seed: int) -> LogProbs:
    rng = np.random.default_rng(seed)
    kept = np.sort(rng.permuted(np.tile(np.arange(6, dtype=np.int32), (queries, 1)), axis=1)[:, :3], axis=1)
    return TopLogProbs(kept, rng.normal(size=(queries, 3)).astype(np.float32), 6)


def write_all(folder: Path, ranks: int = 2) -> None:
    """Two runs of two readouts; rank 0 has two queries and rank 1 three."""
    for rank in range(ranks):
        files = [
            write_answers(folder, i, rank, [make(2 + rank, 10 * rank + at) for at in range(2)], [0.5, float("nan")])
            for i, make in enumerate((dense, top))
        ]
        write_done(folder, rank, files)


def test_answers_of_all_ranks_are_put_together(tmp_path: Path) -> None:
    write_all(tmp_path)
    (whole, losses), (kept, _) = read_answers(tmp_path, runs=2, ranks=2, readouts=2)
    assert isinstance(whole, np.ndarray)
    assert whole.shape == (2, 5, 6)
    for at in range(2):
        np.testing.assert_array_equal(
            whole[at], np.concatenate([np.asarray(dense(2, at)), np.asarray(dense(3, 10 + at))])
        )
    np.testing.assert_array_equal(losses, np.array([0.5, np.nan], dtype=np.float32))
    assert isinstance(kept, TopLogProbs)
    assert kept.shape == (2, 5, 6)
    last = top(3, 11)
    assert isinstance(last, TopLogProbs)
    np.testing.assert_array_equal(kept.ids[1, 2:], last.ids)
    np.testing.assert_array_equal(kept.log_probs[1, 2:], last.log_probs)


def test_a_rank_without_queries_is_left_out(tmp_path: Path) -> None:
    for rank, queries in enumerate((0, 1)):
        write_done(tmp_path, rank, [write_answers(tmp_path, 0, rank, [dense(queries, rank)], [0.5])])
    ((found, _),) = read_answers(tmp_path, runs=1, ranks=2, readouts=1)
    np.testing.assert_array_equal(np.asarray(found)[0], np.asarray(dense(1, 1)))


def test_missing_and_changed_answers_are_refused(tmp_path: Path) -> None:
    write_all(tmp_path)
    path = tmp_path / "run-1-rank-0.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ShardedError, match="run 1 by rank 0 of 2 are missing or were changed"):
        read_answers(tmp_path, runs=2, ranks=2, readouts=2)
    path.unlink()
    with pytest.raises(ShardedError, match="run 1 by rank 0 of 2 are missing or were changed"):
        read_answers(tmp_path, runs=2, ranks=2, readouts=2)
    with pytest.raises(ShardedError, match="rank 2 of 3 ended without its answers"):
        read_answers(tmp_path, runs=2, ranks=3, readouts=2)
