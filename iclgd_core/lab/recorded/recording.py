"""A laboratory that remembers what learners answered on the evaluation episodes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iclgd_core.lab import Lab
from iclgd_core.learners import Runs, Schedule
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.models.language.predictions import LogProbs

ICL, ZERO_SHOT = "ICL", "zero-shot"
JUDGED = "evaluation"


@dataclass(frozen=True, eq=False)
class Answered:
    """What one learner answered, in one setting.

    Attributes:
        learner: "ICL", "zero-shot", or the optimizer with what it trains.
        lab: of which model and task.
        shots: number of demonstrations; order: which of their orders, 0 as drawn.
        orders: the demonstrations of each episode in that order, (episodes, shots).
        log_probs: its predictions, (episodes, queries, vocabulary).
        rate, epoch: GD's setting; None for what does not train.
    """

    learner: str
    lab: Lab
    shots: int
    order: int
    orders: NDArray[np.int64]
    log_probs: LogProbs
    rate: float | None = None
    epoch: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What it is an answer to; the longest of several of one key has the others' episodes too."""
        return self.learner, self.lab.model.name, self.lab.task.name, self.shots, self.order, self.rate, self.epoch


@dataclass(frozen=True, eq=False)
class RecordingLab(Lab):
    """A laboratory whose answers on evaluation episodes are appended to `seen`."""

    seen: list[Any] = field(default_factory=list)

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = JUDGED, n: int | None = None
    ) -> LogProbs:
        """Measure in-context learning, as `Lab.in_context`."""
        shots = self.shots if shots is None else shots
        found = super().in_context(shots, orders, split, n)
        if split == JUDGED:
            drawn = self.orders(split, len(found), shots, orders)
            for o in range(orders):
                name = ICL if shots else ZERO_SHOT
                self.seen.append(Answered(name, self, shots, o, drawn[:, o], found[:, o]))
        return found

    def descend(
        self,
        optimizer: str,
        schedule: Schedule,
        shots: int | None = None,
        orders: int = 1,
        split: str = JUDGED,
        part: str = "whole",
        n: int | None = None,
        objective: str = LABELS,
    ) -> Runs[LogProbs]:
        """Measure gradient descent, as `Lab.descend`."""
        shots = self.shots if shots is None else shots
        runs = super().descend(optimizer, schedule, shots, orders, split, part, n, objective)
        if split == JUDGED:
            drawn = self.orders(split, len(runs.predictions), shots, orders)
            more = [part] * (part != "whole") + [objective] * (objective != LABELS)
            name = " ".join([optimizer, *(f"({what})" for what in more)])
            for o in range(orders):
                for i, rate in enumerate(schedule.learning_rates):
                    for j, epoch in enumerate(schedule.readouts):
                        answer = runs.predictions[:, o, i, j]
                        self.seen.append(Answered(name, self, shots, o, drawn[:, o], answer, rate, epoch))
        return runs


def distinct(seen: Sequence[Answered]) -> list[Answered]:
    """Return each answer once, that of most episodes, in the order in which they first occurred."""
    found: dict[tuple[object, ...], Answered] = {}
    for one in seen:
        if one.key not in found or len(found[one.key].log_probs) < len(one.log_probs):
            found[one.key] = one
    return list(found.values())
