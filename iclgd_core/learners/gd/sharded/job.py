"""What parent and child of sharded gradient descent tell each other: JSON and safetensors with checksums, never pickle.

A job is a directory. The parent writes `job.json` and `tokens.safetensors`; each rank writes one file of answers a run
and, last of all, `done-RANK.json` with the SHA-256 of each.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from iclgd_core.errors import IclgdError
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, concatenated
from iclgd_core.tasks.prompts import Ints, Prompt

SCHEMA = "iclgd-sharded-job/1"
JOB, TOKENS = "job.json", "tokens.safetensors"


class ShardedError(IclgdError):
    """Gradient descent over several devices failed: its processes ended without (all of) their answers."""


@dataclass(frozen=True)
class Settings:
    """What all runs of a job share.

    Attributes:
        source: the model's directory.
        dtype: in which the model computes; its weights are held and updated in float32, or in float64.
        part: what is trained, as `trained` of models.projections names it.
        optimizer: update rule and batch size.
        readouts: epochs after which the queries are answered, ascending.
        device: "cpu" (gloo) or "cuda" (NCCL).
        attention: implementation of attention; None leaves the choice to transformers.
        batch_tokens: most tokens (padding included) that one rank sees in one forward pass; at least one row.
        checkpointing: whether layers are computed again in the backward pass, which keeps less in memory.
        time_out: seconds that a collective operation may take.
        deterministic: whether torch is held to deterministic algorithms.
    """

    source: str
    dtype: str
    part: str
    optimizer: Optimizer
    readouts: tuple[int, ...]
    device: str
    attention: str | None
    batch_tokens: int
    checkpointing: bool
    time_out: float
    deterministic: bool


def write_job(folder: Path, settings: Settings, runs: Sequence[Run], labels: Ints) -> None:
    """Write a job; `labels` are the token ids that every answer keeps."""
    arrays: dict[str, NDArray[Any]] = {"labels": np.asarray(labels, dtype=np.int64)}
    for i, run in enumerate(runs):
        for what, prompts in (("examples", run.examples), ("queries", run.queries)):
            arrays[f"{i}.{what}.ids"] = np.concatenate([np.asarray(p.ids, dtype=np.int64) for p in prompts])
            arrays[f"{i}.{what}.lengths"] = np.array([len(p.ids) for p in prompts], dtype=np.int64)
            arrays[f"{i}.{what}.readouts"] = np.array([p.readout for p in prompts], dtype=np.int64)
        arrays[f"{i}.targets"] = np.asarray(run.targets, dtype=np.int64)
    save_file(arrays, folder / TOKENS)
    job = {
        "schema": SCHEMA,
        "settings": asdict(settings),
        "learning_rates": [float(run.learning_rate) for run in runs],
        "tokens": checksum(folder / TOKENS),
    }
    (folder / JOB).write_text(json.dumps(job, indent=1))


def read_job(folder: Path) -> tuple[Settings, list[Run], Ints]:
    """Return the settings, the runs and the labels of a job.

    Raises:
        ShardedError: another schema, or token ids other than those that were written.
    """
    job = json.loads((folder / JOB).read_text())
    if job.get("schema") != SCHEMA or job.get("tokens") != checksum(folder / TOKENS):
        raise ShardedError(f"the job in {folder} is not of schema {SCHEMA} or its token ids were changed.")
    given = job["settings"]
    optimizer = Optimizer(**given.pop("optimizer"))
    settings = Settings(**{**given, "readouts": tuple(given["readouts"])}, optimizer=optimizer)
    arrays = load_file(folder / TOKENS)

    def prompts(name: str) -> list[Prompt]:
        ends = arrays[f"{name}.lengths"].cumsum()
        pieces = np.split(arrays[f"{name}.ids"], ends[:-1])
        return [Prompt(ids, int(at)) for ids, at in zip(pieces, arrays[f"{name}.readouts"], strict=True)]

    runs = [
        Run(prompts(f"{i}.examples"), arrays[f"{i}.targets"], prompts(f"{i}.queries"), rate)
        for i, rate in enumerate(job["learning_rates"])
    ]
    return settings, runs, arrays["labels"]


def write_answers(folder: Path, run: int, rank: int, answers: Sequence[LogProbs], losses: Sequence[float]) -> Path:
    """Write what one rank answers in one run: predictions of its queries at each readout, and the losses.

    Returns:
        The file, for `write_done`.
    """
    arrays: dict[str, NDArray[Any]] = {"losses": np.array(losses, dtype=np.float32)}
    vocabulary = {}
    for i, answer in enumerate(answers):
        if isinstance(answer, TopLogProbs):
            arrays[f"{i}.ids"], arrays[f"{i}.log_probs"] = answer.ids, answer.log_probs
            vocabulary = {"vocabulary": str(answer.vocabulary)}
        else:
            arrays[f"{i}.log_probs"] = answer
    path = folder / f"run-{run}-rank-{rank}.safetensors"
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path, metadata=vocabulary)
    return path


def write_done(folder: Path, rank: int, files: Sequence[Path]) -> None:
    """Say that a rank has written all its answers."""
    (folder / f"done-{rank}.json").write_text(json.dumps({path.name: checksum(path) for path in files}))


def read_answers(folder: Path, runs: int, ranks: int, readouts: int) -> list[tuple[LogProbs, NDArray[np.float32]]]:
    """Put the ranks' answers together.

    Returns:
        For each run: predictions (readouts, queries, V) and losses (readouts,).

    Raises:
        ShardedError: an answer is missing or was changed.
    """
    sums: dict[str, str] = {}
    for rank in range(ranks):
        done = folder / f"done-{rank}.json"
        if not done.is_file():
            raise ShardedError(f"rank {rank} of {ranks} ended without its answers.")
        sums |= json.loads(done.read_text())
    out = []
    for run in range(runs):
        parts, losses = [], []
        for rank in range(ranks):
            path = folder / f"run-{run}-rank-{rank}.safetensors"
            if not path.is_file() or sums.get(path.name) != checksum(path):
                raise ShardedError(f"the answers of run {run} by rank {rank} of {ranks} are missing or were changed.")
            part, loss = _read(path, readouts)
            parts.append(part)
            losses.append(loss)
        queries = [concatenated([part[i] for part in parts if len(part[i])]) for i in range(readouts)]
        stacked = concatenated([_with_axis(query) for query in queries])
        out.append((stacked, losses[0]))
    return out


def _read(path: Path, readouts: int) -> tuple[list[LogProbs], NDArray[np.float32]]:
    arrays = load_file(path)
    with safe_open(path, "np") as file:
        vocabulary = (file.metadata() or {}).get("vocabulary")
    answers: list[LogProbs] = []
    for i in range(readouts):
        log_probs = arrays[f"{i}.log_probs"]
        answers.append(TopLogProbs(arrays[f"{i}.ids"], log_probs, int(vocabulary)) if vocabulary else log_probs)
    return answers, arrays["losses"]


def _with_axis(answer: LogProbs) -> LogProbs:
    """(queries, V) -> (1, queries, V)."""
    return answer.reshape(1, len(answer)) if isinstance(answer, TopLogProbs) else answer[None]


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
