"""Gradient descent of a model that is too large for one device, by FSDP2 in a child of torchrun."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.devices import shown, skeleton
from iclgd_core.errors import SettingsError
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded.job import Settings, read_answers, write_job
from iclgd_core.learners.gd.sharded.launch import ShardedMemoryError, launch
from iclgd_core.learners.gd.sharded.memory import sharded_bytes
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.models.language.projections import trained
from iclgd_core.models.language.spread import causal
from iclgd_core.tasks.prompts import Ints

CHILD = "iclgd_core.learners.gd.sharded.child"
BATCH_TOKENS = 4096
"""Tokens of one forward pass on one rank to begin with; halved where memory runs out."""


def descend_sharded(
    source_path: Path,
    dtype: str,
    trained_part: str,
    optimizer: Optimizer,
    readouts: tuple[int, ...],
    runs: Sequence[Run],
    devices: int,
    time_out: float,
    *,
    labels: Ints,
    device: str | None = None,
    attention: str | None = None,
) -> list[tuple[LogProbs, NDArray[np.float32]]]:
    """Train a model spread over several devices, apart for each run, and answer the queries at every readout.

    Weights are held and updated in float32 (float64 if that is `dtype`) and computed with in `dtype`. The model is read
    once for all runs and restored from a copy between them. Where a device runs out of memory, all runs are begun again
    with half as many tokens a forward pass and with gradient checkpointing, which changes nothing but rounding.

    Args:
        source_path: the model's directory, causal, in safetensors.
        dtype: in which the model computes.
        trained_part: what is trained, one of models.language.projections.PARTS.
        optimizer: update rule and batch size.
        readouts: epochs after which the queries are answered, ascending.
        runs: what is trained on and asked.
        devices: number of ranks; on GPUs, the first that this process may see.
        time_out: seconds for everything, from start to last answer.
        labels: token ids of labels, kept exactly where the vocabulary is large (see `predictions`).
        device: "cuda" or "cpu"; None takes GPUs where there are any.
        attention: implementation of attention; None leaves the choice to transformers.

    Returns:
        For each run: log-probs (readouts, queries, vocabulary) and the training losses of these epochs (readouts,).

    Raises:
        SettingsError: fewer GPUs than `devices`, no run, or a run without examples or queries.
        ShardedMemoryError: one prompt at a time does not fit.
        ShardedTimeOut: it did not end in time.
        ShardedError: the child failed otherwise, a model that cannot be read included.
    """
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    _check(runs, devices, kind)
    settings = Settings(
        source=str(source_path.resolve()), dtype=dtype, part=trained_part, optimizer=optimizer,
        readouts=tuple(readouts), device=kind, attention=attention, batch_tokens=BATCH_TOKENS, checkpointing=False,
        time_out=time_out, deterministic=torch.are_deterministic_algorithms_enabled(),
    )  # fmt: skip
    shortest = min(len(prompt.ids) for run in runs for prompt in (*run.examples, *run.queries))
    while True:
        try:
            return _once(settings, runs, labels, devices)
        except ShardedMemoryError as error:
            if settings.batch_tokens // 2 < shortest:
                raise ShardedMemoryError(f"{error} {_needed(settings, devices, shortest)}") from error
        settings = replace(settings, batch_tokens=settings.batch_tokens // 2, checkpointing=True)


def _once(
    settings: Settings, runs: Sequence[Run], labels: Ints, devices: int
) -> list[tuple[LogProbs, NDArray[np.float32]]]:
    with tempfile.TemporaryDirectory(prefix="iclgd-sharded-") as name:
        folder = Path(name)
        write_job(folder, settings, runs, labels)
        launch(CHILD, folder, devices, settings.time_out)
        return read_answers(folder, len(runs), devices, len(settings.readouts))


def _needed(settings: Settings, devices: int, tokens: int) -> str:
    """Return what one pass over so many tokens takes, as a sentence."""
    with causal(Path(settings.source)) as (_, config):
        shape = skeleton(config, DTYPES[settings.dtype])
    names = tuple(trained(shape.module, settings.part))
    amount = sharded_bytes(shape, names, settings.optimizer, devices, tokens, settings.checkpointing)
    return f"By estimate it needs {shown(amount)} on each of {devices} devices."


def _check(runs: Sequence[Run], devices: int, kind: str) -> None:
    if not runs or not all(len(run.examples) and len(run.queries) for run in runs):
        raise SettingsError("gradient descent needs at least one run, each with examples and queries.")
    if devices < 1:
        raise SettingsError(f"gradient descent needs at least one device; got {devices}.")
    if kind == "cuda" and torch.cuda.device_count() < devices:
        raise SettingsError(
            f"gradient descent on {devices} GPUs was asked for, but {torch.cuda.device_count()} are visible; ask for "
            "fewer, or see CUDA_VISIBLE_DEVICES."
        )
