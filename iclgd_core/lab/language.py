"""The laboratory: what learners make of a task's episodes, measured once and stored by content.

Everything a claim measures goes through here, so that claims and workers share it. Settings of GD are chosen on the
split "tuning" and judged on "evaluation", whose episodes are others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.devices import Workload, skeleton
from iclgd_core.devices.number_format import FORMATS
from iclgd_core.lab.base import unless_of_labels
from iclgd_core.lab.material import SHOTS, Material
from iclgd_core.lab.measuring import from_arrays, identity, in_parts, measured, to_arrays
from iclgd_core.lab.precondition import Gains, repeating
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners import (
    Runs,
    Schedule,
    get_optimizer,
    in_context,
)
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.objectives import LABELS, lessons
from iclgd_core.learners.gd.workload import step_workload
from iclgd_core.metrics import correct
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import EpisodePrompts

Ints = NDArray[np.int64]
RATES = 2
"""The axis of learning rates in what gradient descent leaves, see `Runs`."""


@dataclass(frozen=True, eq=False)
class Lab(Material):
    """One model on one task at one tier, and what learners make of it; see `Material` for the attributes."""

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> LogProbs:
        """Measure in-context learning: log-probs (episodes, orders, queries, vocabulary); 0 shots is zero-shot."""
        shots = self.shots if shots is None else shots
        n = self.count(split, n)
        drawn = self.episodes(split, n)
        order = self.orders(split, n, shots, orders)
        longest = max(len(prompt.ids) for prompt in drawn[0].prompts(order[0, 0]))
        work = Workload("icl", self.tier.queries, longest, keeps_scores=self._keeps_scores())

        def measure(some: Sequence[EpisodePrompts], at: slice) -> Arrays:
            settings: Key = {"orders": order[at].ravel().tolist(), "shots": shots}
            return self.stored(
                "in_context", some, settings, work, lambda: to_arrays(in_context(self.model, some, order[at]))
            )

        return from_arrays(in_parts(self.model, drawn, 0, "episodes", measure))

    def zero_shot(self, split: str = "evaluation", n: int | None = None) -> LogProbs:
        """Measure the model without demonstrations: log-probs (episodes, queries, vocabulary)."""
        return self.in_context(0, 1, split, n)[:, 0]

    def descend(
        self,
        optimizer: str,
        schedule: Schedule,
        shots: int | None = None,
        orders: int = 1,
        split: str = "evaluation",
        part: str = "whole",
        n: int | None = None,
        objective: str = LABELS,
    ) -> Runs[LogProbs]:
        """Measure gradient descent on the demonstrations; see `learners.gradient_descent`."""
        shots = self.shots if shots is None else shots
        n = self.count(split, n)
        drawn, rule = self.episodes(split, n), get_optimizer(optimizer)
        order = self.orders(split, n, shots, orders)

        work = self.training(drawn, order, optimizer, part, objective)

        def measure(some: Sequence[EpisodePrompts], at: slice) -> Arrays:
            def at_rates(rates: Sequence[float], _: slice) -> Arrays:
                def compute() -> Arrays:
                    own = Schedule(tuple(rates), schedule.readouts)
                    runs = gradient_descent(self.model, some, order[at], rule, own, part, objective)
                    return {**to_arrays(runs.predictions), "diverged": runs.diverged, "loss": runs.loss}

                settings: Key = {
                    "orders": order[at].ravel().tolist(),
                    "shots": shots,
                    "optimizer": [rule.name, rule.rule, str(rule.batch)],
                    "learning_rates": list(rates),
                    "readouts": list(schedule.readouts),
                    "part": part,
                    **unless_of_labels(objective),
                }
                return self.stored("gradient_descent", some, settings, work, compute)

            return in_parts(self.model, schedule.learning_rates, RATES, "learning rates", at_rates)

        a = in_parts(self.model, drawn, 0, "episodes", measure)
        return Runs(from_arrays(a), a["diverged"].astype(bool), a["loss"].astype(np.float32, copy=False))

    def gains(self) -> Gains:
        """Return the accuracy over the whole vocabulary with 8 demonstrations, against zero-shot and against repeating.

        An untrained model, too, favours tokens of its prompt a little (right in 1.5% of the answers of GINC with k = 8
        with demonstrations, in 0.6% without), which a test of "more accurate than zero-shot" detects; so ICL must also
        be more accurate than whoever repeats the demonstrations' most frequent label.
        """
        n = self.count()
        answers, shown = self.answers("evaluation", n), self.orders("evaluation", n, SHOTS, 1)[:, 0]
        others = {
            "without": correct(self.zero_shot(), answers).mean(-1),
            "by repeating their most frequent label": repeating(self.episodes("evaluation", n), shown),
        }
        found = correct(self.in_context()[:, 0], answers).mean(-1)
        return Gains("accuracy", found, others, SHOTS, self.task.name, over="over the whole vocabulary")

    def stored(
        self,
        learner: str,
        episodes: Sequence[EpisodePrompts],
        settings: Key,
        work: Workload,
        compute: Callable[[], Arrays],
    ) -> Arrays:
        """Return a measurement of the model on episodes, computed once for all claims, workers and runs.

        Args:
            learner: what is measured; the name that tells it from other measurements.
            episodes: on which it is, in the model's tokens.
            settings: whatever decides the numbers besides the model, the episodes and the code of learners, models and
                tasks, which are always part of what it is stored under.
            work: the memory that computing it takes; see `training` for gradients.
            compute: makes the arrays.

        Raises:
            InsufficientMemoryError, OutOfMemoryError: the device has less memory than is needed.
        """
        key: Key = {"learner": learner, **identity(self.model, episodes), **settings}
        return measured(self.model, self.store, self.room, key, work, compute)

    def training(
        self,
        episodes: Sequence[EpisodePrompts],
        orders: Ints,
        optimizer: str,
        part: str = "whole",
        objective: str = LABELS,
    ) -> Workload:
        """Return the memory that GD takes, from the first episode's examples; of whole sequences, with their label.

        Args:
            episodes: to train on, in the model's tokens.
            orders: of their demonstrations, (episodes, orders, demonstrations).
            optimizer: name of an optimizer.
            part: what is trained, one of models.language.projections.PARTS.
            objective: what GD minimises, one of learners.OBJECTIVES.
        """
        examples, _ = lessons(episodes[0], orders[0, 0], objective)
        longest = max(len(prompt.ids) for prompt in examples)
        shape, rule = self.model.shape, get_optimizer(optimizer)
        names = None if part == "whole" else tuple(trained(shape.module, part))
        return step_workload(shape, rule, len(examples), longest, names, self._keeps_scores(), objective)

    def take_room_for_copy(self, dtype: str, objective: str = LABELS) -> None:
        """Take room for GD on a copy of the model in another number format, beside the model itself.

        Args:
            dtype: number format of the copy.
            objective: what GD minimises, one of learners.OBJECTIVES.

        Raises:
            InsufficientMemoryError: the device has less memory than is needed.
        """
        if self.room is None:
            return
        shape = self.model.shape
        copied = skeleton(self.model.config, FORMATS[dtype], self.model.masked)
        work = self.training(self.episodes("tuning", 1), np.arange(SHOTS)[None, None], "gd", objective=objective)
        self.room.take(copied, self.model.name, [work], shape.weight_bytes)

    def _keeps_scores(self) -> bool:
        return is_plain(self.model.config._attn_implementation)


@dataclass(frozen=True, eq=False)
class Series:
    """Checkpoints of one training run: their laboratories and their training steps, ascending."""

    labs: tuple[Lab, ...]
    steps: tuple[int, ...]
