"""Gradient descent on the demonstrations, then the queries without them.

A run is one (episode, order, learning rate). Loss: mean cross-entropy of the label tokens alone (arXiv 2310.08540,
section 5); of a label of several tokens, the first. Small causal models are trained as many replicas at once, large or
masked ones in place, one run after the other, and restored; which of the two, the model and the settings decide. A
model that lies on several devices is trained on them by a child process (FSDP).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.learners.in_context import labels_of
from iclgd_core.learners.in_place import train_in_place
from iclgd_core.learners.optimizers import Optimizer
from iclgd_core.learners.replicas import Trained, group_size, train_replicas
from iclgd_core.learners.run import Run
from iclgd_core.learners.sharded import train_sharded
from iclgd_core.models.adapter import CausalModel
from iclgd_core.models.projections import trained
from iclgd_core.predictions import LogProbs, TopLogProbs, stacked, values_of
from iclgd_core.seeds import derive
from iclgd_core.tasks.prompts import EpisodePrompts, check_context

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """How long to train and when to read out.

    Attributes:
        learning_rates: each trained from the start, apart.
        readouts: epochs after which the queries are answered, ascending; training ends at the last.
    """

    learning_rates: tuple[float, ...]
    readouts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(0 < rate < math.inf for rate in self.learning_rates):
            raise SettingsError(
                f"learning rates must be positive and finite, and at least one; got {self.learning_rates}."
            )
        if not self.readouts or list(self.readouts) != sorted(set(self.readouts)) or self.readouts[0] < 1:
            raise SettingsError(f"readouts must be ascending epochs from 1 on; got {self.readouts}.")


@dataclass(frozen=True, eq=False)
class Runs:
    """Predictions of many gradient-descent runs.

    Attributes:
        log_probs: (episodes, orders, learning rates, readouts, queries, vocabulary); NaN where diverged.
        diverged: (episodes, orders, learning rates, readouts): the outputs are no longer finite.
        loss: training loss of the last epoch before each readout, same shape as `diverged`.
    """

    log_probs: LogProbs
    diverged: NDArray[np.bool_]
    loss: Floats


def gradient_descent(
    model: CausalModel,
    episodes: Sequence[EpisodePrompts],
    orders: Ints,
    optimizer: Optimizer,
    schedule: Schedule,
    part: str = "whole",
) -> Runs:
    """Train the model on the demonstrations, apart for each run, and answer the queries at every readout.

    Args:
        model: the model to start from; its weights are afterwards as they were.
        episodes: in the model's tokens, with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n); mini-batches follow this order.
        optimizer: update rule and batch size.
        schedule: learning rates and readouts.
        part: what is trained, one of models.projections.PARTS.

    Raises:
        ContextError: more demonstrations than the pool holds, or an example longer than the context window.
        SettingsError: no demonstrations.
    """
    if orders.shape[-1] == 0:
        raise SettingsError("gradient descent needs at least one demonstration; zero-shot is in_context with none.")
    runs = _runs(episodes, orders, schedule)
    longest = max(len(prompt.ids) for run in runs for prompt in (*run.examples, *run.queries))
    check_context(longest, model.context_window, model.name, "an example")
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
    if model.spread > 1:
        return train_sharded(model, part, optimizer, readouts, runs, labels)
    own = trained(model.module, part)
    engine = train_replicas if in_replicas(model, own, optimizer, runs) else train_in_place
    return engine(model, own, optimizer, readouts, runs, labels)


def _runs(episodes: Sequence[EpisodePrompts], orders: Ints, schedule: Schedule) -> list[Run]:
    """Return every (learning rate, episode, order), in this order."""
    none = np.zeros(0, dtype=np.int64)
    asked = [episode.prompts(none) for episode in episodes]
    taught = [
        [(episode.examples(row), episode.targets(row)) for row in rows]
        for episode, rows in zip(episodes, orders, strict=True)
    ]
    return [
        Run(examples, targets, asked[e], rate, derive(0, episodes[e].digest, o, repr(rate)))
        for rate in schedule.learning_rates
        for e, rows in enumerate(taught)
        for o, (examples, targets) in enumerate(rows)
    ]


def in_replicas(model: CausalModel, part: Trained, optimizer: Optimizer, runs: Sequence[Run]) -> bool:
    """Return whether runs are computed as replicas: a model that vectorises, of which two or more fit a group."""
    module = model.module
    eager = module.config._attn_implementation == "eager"  # the only one that torch.func can vectorise
    fits = group_size(model, part, optimizer, runs) > 1
    exact = module.dtype != torch.bfloat16  # whose updates need more than rounding to the nearest
    return fits and eager and exact and not model.masked and model.behaviour.vectorises
