"""Many runs of a model that lies on several devices: its own copy makes way for the shards of a child process."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclgd_core.learners.gd.objectives import check_objective
from iclgd_core.learners.gd.optimizers import Optimizer, refuse_newton
from iclgd_core.learners.gd.run import Run
from iclgd_core.learners.gd.sharded.descend import descend_sharded
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SECONDS_TO_START, SECONDS_A_STEP = 1800.0, 60.0
"""Far more than is needed: a time-out ends a child that hangs, not one that is slow."""


def train_sharded(
    model: CausalModel,
    part: str,
    optimizer: Optimizer,
    readouts: tuple[int, ...],
    runs: Sequence[Run],
    labels: Ints,
) -> list[tuple[LogProbs, Floats]]:
    """Train the model over its devices, apart for each run, and answer the queries at every readout.

    Args:
        model: on `spread` devices, read from a directory; its weights are not used and not changed.
        part: what is trained, one of models.language.projections.PARTS.
        optimizer: update rule and batch size.
        readouts: epochs, ascending.
        runs: in any order.
        labels: token ids of labels, kept where the vocabulary is large.

    Returns:
        For each run, log-probs (readouts, queries, vocabulary) and losses (readouts,).

    Raises:
        ShardedError: see `descend_sharded`.
        NotRunError: Newton-like steps, or another objective than the labels'.
    """
    refuse_newton(optimizer, model.name, "on several devices")
    check_objective(runs[0].objective, model.masked, model.spread)
    steps = len(runs) * readouts[-1] * optimizer.steps_per_epoch(len(runs[0].examples))
    dtype = str(model.shape.module.dtype).removeprefix("torch.")
    if model.let_go is not None:
        model.let_go()
    where, attention = Path(str(model.config.name_or_path)), str(model.config._attn_implementation)
    return descend_sharded(
        where, dtype, part, optimizer, readouts, runs, model.spread, SECONDS_TO_START + SECONDS_A_STEP * steps,
        labels=labels, attention=attention,
    )  # fmt: skip
