"""A laboratory of regression that remembers predictions, and what one episode of them looks like."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners import Runs, Schedule
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.tasks.regression.task import RegressionEpisodes

Floats = NDArray[np.float64]
ICL, ZERO_SHOT = "ICL", "zero-shot"
JUDGED = "evaluation"
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Predicted:
    """What one learner predicted.

    Attributes:
        learner: "ICL", "zero-shot", its account, or the optimizer that trained the network.
        lab: of which model and task.
        order: which order of the demonstrations, 0 as drawn.
        shots: number of demonstrations.
        predictions: (episodes, queries, Ny); NaN where GD diverged.
        rate, epoch: GD's setting on the network's weights; None for any other.
    """

    learner: str
    lab: RegressionLab
    order: int
    shots: int
    predictions: Floats
    rate: float | None = None
    epoch: int | None = None


@dataclass(frozen=True, eq=False)
class RecordingRegressionLab(RegressionLab):
    """A laboratory whose predictions on evaluation episodes are appended to `seen`."""

    seen: list[Any] = field(default_factory=list)

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = JUDGED, n: int | None = None
    ) -> Floats:
        """Measure in-context learning, as `RegressionLab.in_context`."""
        found = super().in_context(shots, orders, split, n)
        if split == JUDGED:
            given = self.task.shots if shots is None else shots
            self.seen.extend(Predicted(ICL, self, o, given, found[:, o]) for o in range(orders))
        return found

    def zero_shot(self, split: str = JUDGED, n: int | None = None) -> Floats:
        """Measure the model without demonstrations, as `RegressionLab.zero_shot`."""
        found = super().zero_shot(split, n)
        if split == JUDGED:
            self.seen.append(Predicted(ZERO_SHOT, self, 0, 0, found))
        return found

    def predict(self, learner: str, predictor: Callable[[RegressionEpisodes], Floats], order: int = 0) -> Floats:
        """Ask a learner, as `RegressionLab.predict`; what it says of demonstrations in another order is not told."""
        found = super().predict(learner, predictor, order)
        if order == 0:
            self.seen.append(Predicted(learner, self, 0, self.task.shots, found))
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
    ) -> Runs[Floats]:
        """Measure gradient descent on the network's weights, as `RegressionLab.descend`."""
        runs = super().descend(optimizer, schedule, shots, orders, split, part, n, objective)
        if split == JUDGED:
            name, given = f"{optimizer} (network)", self.task.shots if shots is None else shots
            for o in range(orders):
                for i, rate in enumerate(schedule.learning_rates):
                    for j, epoch in enumerate(schedule.readouts):
                        self.seen.append(Predicted(name, self, o, given, runs.predictions[:, o, i, j], rate, epoch))
        return runs


def regression_models(seen: Sequence[Predicted], number: int) -> Iterator[Json]:
    """Yield demonstrations, queries and predictions of an episode for each model and task, as `sheet` has them.

    Agreement is 1 - npd of a query, its squared distance from ICL over the scale of y; learners stand between ICL and
    zero-shot.
    """
    for _, group in groupby(seen, key=lambda one: (one.lab.model.name, one.lab.task.name)):
        held = {
            (one.learner, one.shots, one.order, one.rate, one.epoch): one
            for one in group
            if number < len(one.predictions)
        }
        lab = next(iter(held.values())).lab
        ranked = sorted(held.values(), key=lambda one: ({ICL: 0, ZERO_SHOT: 2}.get(one.learner, 1), one.order))
        yield _model(ranked, lab, number)


def _model(ranked: Sequence[Predicted], lab: RegressionLab, number: int) -> Json:
    shots = max(one.shots for one in ranked)
    drawn = lab.episodes(shots=shots) if shots else lab.episodes()
    return {
        "model": lab.model.name,
        "task": lab.task.name,
        "demonstrations": _pairs(drawn.xs[number][:shots], drawn.ys[number][:shots]),
        "queries": _pairs(drawn.xq[number], drawn.yq[number]),
        "prompt": "",
        "answers": [_answer(one, ranked, number) for one in ranked],
    }


def _answer(one: Predicted, ranked: Sequence[Predicted], number: int) -> Json:
    here = one.predictions[number]
    icl = next((o for o in ranked if (o.learner, o.order) == (ICL, 0) and one.shots in (0, o.shots)), None)
    agreement: dict[str, Json] = {}
    if icl is not None and np.isfinite(here).all():
        squares = ((here - icl.predictions[number]) ** 2).sum(axis=-1)
        agreement = {"1 - npd": (1.0 - squares / one.lab.scale).tolist()}
    return {
        "learner": one.learner,
        "shots": one.shots,
        "order": one.order,
        "demonstrations": [],
        "learning_rate": one.rate,
        "epoch": one.epoch,
        "right": [],
        "top": [[{"token": written(y), "probability": None}] for y in here],
        "agreement": agreement,
    }


def _pairs(inputs: Floats, outputs: Floats) -> list[Json]:
    return [{"text": written(x), "label": written(y)} for x, y in zip(inputs, outputs, strict=True)]


def written(values: Floats) -> str:
    """Return numbers with four significant digits, for example `[0.25, -1.5]`."""
    return f"[{', '.join(f'{value:.{DIGITS}g}' for value in np.asarray(values).tolist())}]"
