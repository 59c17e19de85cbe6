"""Gradient descent on the demonstrations, then the queries without them.

A run is one (episode, order, learning rate). Loss: mean cross-entropy of the label tokens alone (arXiv 2310.08540,
section 5; of a label of several tokens, the first), unless another of `objectives` is asked for. Small causal models
are trained as many replicas at once, large or masked ones in place, one run after the other, and restored; which of the
two, the model and the settings decide. A model that lies on several devices is trained on them by a child process
(FSDP).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.learners.gd.in_place import train_in_place
from iclgd_core.learners.gd.nudged import nudged
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.replicas import in_replicas, train_replicas
from iclgd_core.learners.gd.run import Run, Runs, Schedule, all_runs
from iclgd_core.learners.gd.sharded import train_sharded
from iclgd_core.learners.in_context import labels_of
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, stacked, values_of
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import EpisodePrompts

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def gradient_descent(
    model: CausalModel,
    episodes: Sequence[EpisodePrompts],
    orders: Ints,
    optimizer: Optimizer,
    schedule: Schedule,
    part: str = "whole",
    objective: str = LABELS,
) -> Runs[LogProbs]:
    """Train the model on the demonstrations, apart for each run, and answer the queries at every readout.

    Args:
        model: the model to start from; its weights are afterwards as they were.
        episodes: in the model's tokens, with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n); mini-batches follow this order.
        optimizer: update rule and batch size.
        schedule: learning rates and readouts.
        part: what is trained, one of models.language.projections.PARTS.
        objective: what is minimised, one of objectives.OBJECTIVES.

    Raises:
        ContextError: more demonstrations than the pool holds, or an example longer than the context window.
        SettingsError: no demonstrations.
        UnknownNameError: no such part or objective.
        NotRunError: what this model's engine does not compute: an objective over every token (masked models, and those
            on several devices), Newton-like steps (all but small causal models).
    """
    runs = all_runs(model, episodes, orders, schedule, objective)
    outputs, losses = zip(*_trained(model, part, optimizer, schedule.readouts, runs, labels_of(episodes)), strict=True)
    shape = (len(schedule.learning_rates), *orders.shape[:2])
    log_probs, loss = stacked(outputs), np.stack(losses)
    diverged = ~np.isfinite(values_of(log_probs)).all(axis=(-1, -2))
    values_of(log_probs)[diverged] = np.nan

    def by_run(flat: Any) -> NDArray[Any]:
        """(runs, ...) -> (episodes, orders, learning rates, ...); the runs are sorted by learning rate."""
        return np.ascontiguousarray(np.moveaxis(flat.reshape(*shape, *flat.shape[1:]), 0, 2))

    if isinstance(log_probs, TopLogProbs):
        kept = TopLogProbs(by_run(log_probs.ids), by_run(log_probs.log_probs), log_probs.vocabulary)
        return Runs(kept, by_run(diverged), by_run(loss))
    return Runs(by_run(log_probs), by_run(diverged), by_run(loss))


def _trained(
    model: CausalModel, part: str, optimizer: Optimizer, readouts: tuple[int, ...], runs: Sequence[Run], labels: Ints
) -> Iterable[tuple[LogProbs, Floats]]:
    """Return log-probs and losses of each run, by the engine that fits the model."""
    if model.spread > 1 and model.nudged:
        raise NotRunError("weights are moved by one rounding on one device, and the model lies on several.")
    if model.spread > 1:
        return train_sharded(model, part, optimizer, readouts, runs, labels)
    own = trained(model.module, part)
    engine = train_replicas if in_replicas(model, own, optimizer, runs) else train_in_place
    if not model.nudged:
        return engine(model, own, optimizer, readouts, runs, labels)
    with nudged(model.module):
        return list(engine(model, own, optimizer, readouts, runs, labels))
