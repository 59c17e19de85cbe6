"""A laboratory whose learners give planted distributions, so that what a study makes of them can be known."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iclgd_core.lab import Lab
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import TIERS, Tier
from iclgd_core.learners import Runs, Schedule
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks.relabelled import RelabelledTask
from tests.tiny_models import tiny_model, tiny_task

Floats = NDArray[np.float64]

OWN = "own"
SGD = Schedule((0.01, 0.1), (1, 4))
ADAM = Schedule((0.001, 0.002, 0.003), (2, 5))
MANY = Schedule((0.03, 0.3), (1, 2))
VOCABULARY, QUERIES = 40, 4
TIER: Tier = replace(
    TIERS["quick"], episodes=6, accuracy_episodes=6, minibatch_episodes=5, order_episodes=4, size_episodes=7,
    many_episodes=3, tuning_episodes=3, minibatch_tuning_episodes=2, size_tuning_episodes=4, tuning_orders=2,
    form_episodes=3, form_tuning_episodes=2, queries=QUERIES, orders=3, sgd=SGD, adam=ADAM, many_schedule=MANY,
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a distribution is asked for; `rate` and `epoch` are 0 without training, `shots` without demonstrations.

    `labels` is how the demonstrations' labels are drawn: their "own", or one of tasks.relabelled.DRAWS.
    """

    split: str
    episode: int
    order: int
    rate: float = 0.0
    epoch: int = 0
    shots: int = 8
    optimizer: str = ""
    part: str = "whole"
    objective: str = "labels"
    labels: str = OWN


@dataclass(frozen=True)
class Descent:
    """One request for gradient descent."""

    optimizer: str
    schedule: Schedule
    shots: int
    orders: int
    split: str
    part: str
    n: int
    objective: str = "labels"


Plant = Callable[[Place], Floats | None]
"""Probabilities (queries, vocabulary) at a place; None where training diverged."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PlantedLab(Lab):
    """A laboratory that measures nothing: `icl`, `none` and `gd` say what is found."""

    icl: Plant
    none: Plant
    gd: Plant
    asked: list[Descent] = field(default_factory=list)

    @property
    def labels(self) -> str:
        return self.task.draw if isinstance(self.task, RelabelledTask) else OWN

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> NDArray[np.float32]:
        shots = self.shots if shots is None else shots
        n, plant, labels = self.count(split, n), self.icl if shots else self.none, self.labels if shots else OWN
        places = [[Place(split, e, o, shots=shots, labels=labels) for o in range(orders)] for e in range(n)]
        return np.array([[_log(plant(at)) for at in row] for row in places])

    def descend(
        self,
        optimizer: str,
        schedule: Schedule,
        shots: int | None = None,
        orders: int = 1,
        split: str = "evaluation",
        part: str = "whole",
        n: int | None = None,
        objective: str = "labels",
    ) -> Runs[LogProbs]:
        shots = self.shots if shots is None else shots
        n = self.count(split, n)
        self.asked.append(Descent(optimizer, schedule, shots, orders, split, part, n, objective))
        rates, epochs = schedule.learning_rates, schedule.readouts

        def at(e: int, o: int, rate: float, epoch: int) -> Place:
            return Place(split, e, o, rate, epoch, shots, optimizer, part, objective, self.labels)

        log_probs = np.array(
            [
                [[[_log(self.gd(at(e, o, rate, epoch))) for epoch in epochs] for rate in rates] for o in range(orders)]
                for e in range(n)
            ]
        )
        diverged = np.asarray(np.isnan(log_probs).any(axis=(-1, -2)))
        return Runs(log_probs, diverged, np.zeros(diverged.shape, dtype=np.float32))


def planted_lab(directory: Path, icl: Plant, none: Plant, gd: Plant, layers: int = 1) -> PlantedLab:
    model = tiny_model(layers=layers)
    named = replace(model, name=f"layers-{layers}")
    return PlantedLab(named, tiny_task(), TIER, 0, Store(directory), icl=icl, none=none, gd=gd)


def drawn(seed: int, episode: int, split: str) -> Floats:
    """Draw a distribution for each query."""
    rng = np.random.default_rng([seed, episode, int(split == "tuning")])
    return rng.dirichlet(np.full(VOCABULARY, 0.5), size=QUERIES) * 0.99 + 0.01 / VOCABULARY


def peaks(tokens: NDArray[np.int64], mass: float = 0.8) -> Floats:
    """Put `mass` on one token a query and spread the rest evenly over all."""
    return mass * np.eye(VOCABULARY)[tokens] + (1.0 - mass) / VOCABULARY


def logs(plant: Plant, n: int, split: str = "evaluation", order: int = 0) -> NDArray[np.float32]:
    return np.stack([_log(plant(Place(split, e, order))) for e in range(n)])


def _log(probabilities: Floats | None) -> NDArray[np.float32]:
    if probabilities is None:
        return np.full((QUERIES, VOCABULARY), np.nan, dtype=np.float32)
    return np.log(probabilities).astype(np.float32)
