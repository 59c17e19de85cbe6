"""Algorithms of arXiv 2211.15661, section 4, each at its setting nearest to ICL on tuning episodes.

Those with a name in the adjudication table are in `lab.tuned`; here are the ones that the paper compares by depth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.setting import best
from iclgd_core.learners.linear.baselines import (
    averaging,
    nearest_neighbours,
    ordinary_least_squares,
    predict_linear,
)
from iclgd_core.learners.linear.solvers import one_example_path, ridge_regression
from iclgd_core.tasks.regression.task import Floats

RIDGES = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SGD_RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)
STEP_RATES = tuple(round(0.01 * 1.15**k, 5) for k in range(25))
"""Rates of one step of full-batch GD, the same in all episodes: 0.01 to 0.29."""

Predictions = dict[str, Floats]
"""Predictions (episodes, queries) by setting."""
Algorithm = Callable[[Floats, Floats, Floats], Predictions]


def _ridge(x: Floats, y: Floats, q: Floats) -> Predictions:
    return {f"ridge {s:g}": predict_linear(ridge_regression(x, y, s), q) for s in RIDGES}


def _one_step(x: Floats, y: Floats, q: Floats) -> Predictions:
    step = predict_linear(np.einsum("end,en->ed", x, y), q)
    return {f"rate {rate:g}": rate * step for rate in STEP_RATES}


def _sgd(x: Floats, y: Floats, q: Floats) -> Predictions:
    return {f"rate {rate:g}": predict_linear(one_example_path(x, y, rate)[:, -1], q) for rate in SGD_RATES}


ALGORITHMS: dict[str, Algorithm] = {
    "least-squares": lambda x, y, q: {"minimum norm": ordinary_least_squares(x, y, q)},
    "ridge": _ridge,
    "gd-one-step": _one_step,
    "sgd-one-pass": _sgd,
    "averaging": lambda x, y, q: {"mean of x y": averaging(x, y, q)},
    "nearest-neighbours": lambda x, y, q: {"3 nearest": nearest_neighbours(x, y, q)},
}


@dataclass(frozen=True, eq=False)
class Nearest:
    """An algorithm at its setting nearest to ICL.

    Attributes:
        setting: the setting.
        predictions: on the evaluation episodes, (episodes, queries, 1).
        distance: squared prediction difference from ICL / E y^2, of each evaluation episode, (episodes,).
        choice: how the setting was chosen.
    """

    setting: str
    predictions: Floats
    distance: Floats
    choice: dict[str, Json]

    def study(self) -> Study:
        """Return the distance as a study."""
        details: dict[str, Json] = {"setting": self.setting, "distance": float(self.distance.mean())}
        return Study({"distance": self.distance}, details, {"algorithm": self.choice["algorithm"]}, self.choice)


def nearest_to_icl(lab: RegressionLab, algorithm: str, shots: int) -> Nearest:
    """Choose an algorithm's setting on tuning episodes, hold it against ICL on evaluation episodes.

    Args:
        lab: of a model with one output.
        algorithm: one of ALGORITHMS.
        shots: demonstrations, from 1.

    Raises:
        UnknownNameError: no such algorithm.
        DivergedError: no setting of it has finite predictions.
    """
    if algorithm not in ALGORITHMS:
        raise UnknownNameError("algorithm", algorithm, ALGORITHMS)
    icl = lab.in_context(shots, split="tuning")[:, 0]
    distances = {
        setting: float(lab.npd(found, icl).mean())
        for setting, found in _predictions(lab, algorithm, shots, "tuning").items()
        if np.isfinite(found).all()
    }
    setting, _ = best(distances.items(), least=True)
    predictions = _predictions(lab, algorithm, shots, "evaluation")[setting]
    return Nearest(
        setting,
        predictions,
        lab.npd(predictions, lab.in_context(shots)[:, 0]),
        {
            "split": "tuning",
            "episodes": lab.count("tuning"),
            "demonstrations": shots,
            "algorithm": algorithm,
            "settings": list(distances),
            "criterion": "least mean squared prediction difference from ICL",
        },
    )


def _predictions(lab: RegressionLab, algorithm: str, shots: int, split: str) -> Predictions:
    drawn = lab.episodes(split, shots=shots)
    found = ALGORITHMS[algorithm](drawn.xs, drawn.ys[..., 0], drawn.xq)
    return {setting: values[..., None] for setting, values in found.items()}
