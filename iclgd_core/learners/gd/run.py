"""Runs of gradient descent: what is trained on, in which order, how fast, and what is asked at the readouts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.progress import Steps
from iclgd_core.learners.gd.objectives import LABELS, check_objective, lessons
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.seeds import derive
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt, check_context

Ints = NDArray[np.int64]
Predictions = TypeVar("Predictions")


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
        rates = self.learning_rates
        if not rates or not all(0 < rate < math.inf for rate in rates) or len(set(rates)) < len(rates):
            raise SettingsError(f"learning rates must be positive and finite, at least one, none twice; got {rates}.")
        whole = all(isinstance(epoch, int) and not isinstance(epoch, bool) for epoch in self.readouts)
        if not self.readouts or not whole or list(self.readouts) != sorted(set(self.readouts)) or self.readouts[0] < 1:
            raise SettingsError(f"readouts must be ascending epochs, whole numbers from 1 on; got {self.readouts}.")


@dataclass(frozen=True, eq=False)
class Runs(Generic[Predictions]):
    """Predictions of many gradient-descent runs, of language models or of regression models.

    Attributes:
        predictions: (episodes, orders, learning rates, readouts, queries, ...), NaN where diverged; of language models
            log-probs over the vocabulary, of regression models (..., Ny), float64.
        diverged: (episodes, orders, learning rates, readouts): the outputs are no longer finite.
        loss: training loss of the last epoch before each readout, same shape as `diverged`.
    """

    predictions: Predictions
    diverged: NDArray[np.bool_]
    loss: NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Run:
    """One episode in one order at one learning rate.

    Attributes:
        examples: what is trained on, in the order in which mini-batches are taken; see `objectives.lessons`.
        targets: token id of each one's label, (n,).
        queries: prompts without demonstrations, answered at each readout.
        learning_rate: the rate.
        seed: of whatever is random in an update (stochastic rounding).
        objective: what is minimised, one of objectives.OBJECTIVES.
    """

    examples: Sequence[Prompt]
    targets: Ints
    queries: Sequence[Prompt]
    learning_rate: float
    seed: int = 0
    objective: str = LABELS


def all_runs(
    model: CausalModel, episodes: Sequence[EpisodePrompts], orders: Ints, schedule: Schedule, objective: str
) -> list[Run]:
    """Return every (learning rate, episode, order), in this order.

    Args:
        model: who shall be trained.
        episodes: in the model's tokens, with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n).
        schedule: learning rates and readouts.
        objective: what is minimised, one of objectives.OBJECTIVES.

    Raises:
        ContextError: more demonstrations than the pool holds, or an example longer than the context window.
        SettingsError: no demonstrations.
        UnknownNameError, NotRunError: see `check_objective`.
    """
    if orders.shape[-1] == 0:
        raise SettingsError("gradient descent needs at least one demonstration; zero-shot is in_context with none.")
    check_objective(objective, model.masked, model.spread)
    none = np.zeros(0, dtype=np.int64)
    asked = [episode.prompts(none) for episode in episodes]
    taught = [
        [lessons(episode, row, objective) for row in rows] for episode, rows in zip(episodes, orders, strict=True)
    ]
    runs = [
        Run(examples, targets, asked[e], rate, derive(0, episodes[e].digest, o, repr(rate)), objective)
        for rate in schedule.learning_rates
        for e, rows in enumerate(taught)
        for o, (examples, targets) in enumerate(rows)
    ]
    longest = max(len(prompt.ids) for run in runs for prompt in (*run.examples, *run.queries))
    check_context(longest, model.context_window, model.name, "an example")
    return runs


def steps_of(optimizer: Optimizer, epochs: int, runs: Sequence[Run], groups: int) -> tuple[int, Steps]:
    """Return how many steps one run takes, and the steps of all, to tell how far they have come.

    Args:
        optimizer: update rule and batch size.
        epochs: of each run.
        runs: with equally many examples.
        groups: of runs that take their steps together; the groups do one after the other.
    """
    each = epochs * optimizer.steps_per_epoch(len(runs[0].examples) if runs else 0)
    return each, Steps("steps of GD", groups * each)
