"""The laboratory of one regression model and task: episodes, orders, predictions in context, the precondition.

For models whose outputs are real numbers, what `iclgd_core.lab.Lab` is for language models. Settings of learners are
chosen on the split "tuning" and judged on "evaluation".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Self

import numpy as np

from iclgd_core.errors import DivergedError, NotRunError, SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.base import BaseLab
from iclgd_core.lab.precondition import Gains
from iclgd_core.lab.store import Store, digest_of
from iclgd_core.lab.store.kept import floats, kept
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.lab.tiers import Limits, parsed
from iclgd_core.learners import Runs, Schedule, get_optimizer
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.learners.gd.regression_descent import regression_descent
from iclgd_core.metrics.prediction_distance import mean_square, npd
from iclgd_core.models.regression.model import RegressionModel, TrainableModel
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes, RegressionTask

RUNS = ("predictions", "diverged", "loss")
"""What is kept of gradient descent."""
SCALE_EPISODES = 1024
"""Tuning episodes over which E |y|^2 is the mean."""
PRECONDITION = (
    "squared error with demonstrations below zero-shot's and below that of predicting 0, one-sided tests over episodes "
    "at level 0.05"
)


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        tuning, evaluation: episodes of each split.
        queries: queries an episode; each is predicted apart from the others.
        orders: orders of the demonstrations in the order study.
    """

    tuning: int
    evaluation: int
    queries: int
    orders: int

    def limited(self, limits: Limits) -> "Size":
        """Return the same with no more episodes of any kind, and queries, than the limits allow."""
        tuning, evaluation = (limits.least(n, limits.episodes) for n in (self.tuning, self.evaluation))
        return Size(tuning, evaluation, limits.least(self.queries, limits.queries), self.orders)


SIZES = {
    "smoke": Size(6, 6, 4, 2),
    "quick": Size(64, 96, 8, 4),
    "real": Size(64, 96, 8, 4),
    "full": Size(256, 1024, 16, 10),
}
"""By tier. Many episodes of few queries, for the episode is the unit of inference; as many as for language models."""


@dataclass(frozen=True, eq=False)
class RegressionLab(BaseLab[Floats]):
    """One regression model on one task at one tier, by name; see `BaseLab`."""

    model: RegressionModel
    task: RegressionTask
    tier: str = "quick"
    seed: int = 0
    store: Store | None = None
    _seen: dict[str, Arrays] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> Size:
        """How much is measured; UnknownNameError for a tier that is none."""
        name, limits = parsed(self.tier)
        return SIZES[name].limited(limits)

    @property
    def shots(self) -> int:
        """The task's number."""
        return self.task.shots

    @property
    def searches(self) -> bool:
        """No: what is asked for is cheap, and a schedule may have as many settings as one likes."""
        return False

    def nudged(self) -> Self:
        """Refused: nothing is searched for."""
        raise NotRunError("weights of regression models are not moved by one rounding: no setting is searched for.")

    @property
    def sizes(self) -> tuple[int, int]:
        """The tier's numbers of tuning episodes and of evaluation episodes."""
        return self.size.tuning, self.size.evaluation

    def episodes(self, split: str = "evaluation", n: int | None = None, shots: int | None = None) -> RegressionEpisodes:
        """Return the first n episodes of a split, with so many demonstrations; by default the tier's and task's."""
        shots = self.task.shots if shots is None else shots
        return _drawn(self.task, self.seed, self.where(split), self.count(split, n), shots, self.size.queries)

    def in_order(
        self, order: int, split: str = "evaluation", n: int | None = None, shots: int | None = None
    ) -> RegressionEpisodes:
        """Return the episodes with the demonstrations in their order number `order`; 0 is as drawn."""
        found = self.episodes(split, n, shots)
        return found.ordered(self.orders(split, len(found), found.shots, order + 1)[:, order]) if order else found

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> Floats:
        """Measure in-context learning: predictions (episodes, orders, queries, Ny).

        Raises:
            DivergedError: a prediction that is not finite.
        """
        return np.stack([self._predicted(self.in_order(o, split, n, shots)) for o in range(orders)], axis=1)

    def zero_shot(self, split: str = "evaluation", n: int | None = None) -> Floats:
        """Measure the model without demonstrations: predictions (episodes, queries, Ny)."""
        return self.model.zero_shot(self.episodes(split, n).xq)

    def predict(self, learner: str, predictor: Callable[[RegressionEpisodes], Floats], order: int = 0) -> Floats:
        """Ask a learner on the evaluation episodes, its demonstrations in their order number `order`.

        Args:
            learner: its account, by which an episode is told.
            predictor: predicts, (episodes, queries, Ny), at the learner's setting.
            order: 0 is as drawn.
        """
        return predictor(self.in_order(order))

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
    ) -> Runs[Floats]:
        """Measure gradient descent on the network's weights; see `regression_descent`.

        Raises:
            SettingsError: a part of the network, or another objective than the answers'.
            NotRunError: a model whose network can't be trained so, or Newton-like steps.
        """
        model = self.model
        for name, value, allowed in (("part", part, "whole"), ("objective", objective, LABELS)):
            if value != allowed:
                raise SettingsError(
                    f"gradient descent on the regression model {model.name} has {name} {value!r}. Allowed: {allowed!r}."
                )
        if not isinstance(model, TrainableModel):
            raise NotRunError(f"{model.name} has no network whose weights could be trained on demonstrations.")
        found = [self._trained(model, self.in_order(o, split, n, shots), optimizer, schedule) for o in range(orders)]
        predictions, diverged, loss = (np.concatenate([a[what] for a in found], axis=1) for what in RUNS)
        return Runs(predictions.astype(np.float64), diverged.astype(bool), loss.astype(np.float64))

    @cached_property
    def scale(self) -> float:
        """E |y|^2: mean over the queries of many tuning episodes; what squared distances are divided by."""
        return mean_square(_drawn(self.task, self.seed, "tuning", SCALE_EPISODES, 1, self.size.queries).yq)

    def npd(self, f: Floats, g: Floats) -> Floats:
        """Return the normalised prediction distance of each episode, (episodes,); see `prediction_distance`."""
        return npd(f, g, self.scale)

    def gains(self) -> Gains:
        """Return the squared error with the task's number of demonstrations, against zero-shot's and predicting 0's.

        0 is the mean answer of every task. A model with shuffled weights that answers at random is wrong by less with
        demonstrations (1.2 against 1.3 times E |y|^2), which a test of "nearer than zero-shot" detects.
        """
        right = self.episodes().yq
        answers = {"without": self.zero_shot(), "by predicting 0": np.zeros_like(right)}
        others = {named: self.npd(answer, right) for named, answer in answers.items()}
        found, task = self.npd(self.in_context()[:, 0], right), self.task
        return Gains("normalised squared error", found, others, task.shots, task.name, less_is_better=True)

    def computed(self) -> dict[str, Json]:
        """Return how the model is computed, for the report."""
        return {"parameters": self.model.n_parameters} | self.model.known()

    def stored(
        self, learner: str, episodes: RegressionEpisodes, settings: Key, compute: Callable[[], Arrays]
    ) -> Arrays:
        """Return a measurement of the model on episodes, computed once; its task is no part of what decides it.

        Args:
            learner: what is measured; the name that tells it from other measurements.
            episodes: on which it is.
            settings: whatever decides the numbers besides the model, the episodes and the code.
            compute: makes the arrays.
        """
        key: Key = {"learner": learner, "model": self.model.digest, "episodes": episodes.digest, **settings}
        name = digest_of(key)
        if name not in self._seen:
            self._seen[name] = kept(self.store, key, compute)
        return self._seen[name]

    def _predicted(self, episodes: RegressionEpisodes) -> Floats:
        def compute() -> Arrays:
            found = self.model.predict(episodes.xs, episodes.ys, episodes.xq)
            if not np.isfinite(found).all():
                raise DivergedError(f"{self.model.name}: a prediction in context of {self.task.name} is not finite.")
            return {"predictions": found}

        return floats(self.stored("in_context_regression", episodes, {}, compute), "predictions")

    def _trained(
        self, model: TrainableModel, episodes: RegressionEpisodes, optimizer: str, schedule: Schedule
    ) -> Arrays:
        rule = get_optimizer(optimizer)

        def compute() -> Arrays:
            runs = regression_descent(model, episodes, rule, schedule.learning_rates, schedule.readouts)
            return {"predictions": runs.predictions, "diverged": runs.diverged, "loss": runs.loss}

        settings: Key = {
            "optimizer": [rule.name, rule.rule, str(rule.batch)],
            "learning_rates": list(schedule.learning_rates),
            "readouts": list(schedule.readouts),
        }
        return self.stored("gradient_descent_regression", episodes, settings, compute)


@cache
def _drawn(task: RegressionTask, seed: int, split: str, n: int, shots: int, queries: int) -> RegressionEpisodes:
    return task.draw(seed, split, n, shots, queries)
