"""Which recursion a trained stack of layers matches: GD, GD with a rate for each step, or GD++ (arXiv 2212.07677)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.lab.nelder_mead import nelder_mead
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.descent import gd_plus_plus, gd_with_rates
from iclgd_core.models.regression.constructed import best_rate
from iclgd_core.studies.vonoswald.exactness import attention_of
from iclgd_core.tasks.regression.task import Floats, RegressionEpisodes


@dataclass(frozen=True, eq=False)
class Matched:
    """A recursion of as many steps as the model has layers, at the setting nearest to the model on tuning episodes.

    Attributes:
        distance: npd from the model's predictions, one number an evaluation episode.
        setting: its parameters.
        choices: how they were chosen.
    """

    distance: Floats
    setting: list[float]
    choices: dict[str, Json]


def matched(lab: RegressionLab, recursion: str) -> Matched:
    """Fit one recursion to a trained model on tuning episodes and measure its distance on evaluation episodes.

    The parameters are found by Nelder-Mead from the best rate of one step on uniform inputs of the episodes' second
    moment, with next to no curving of the inputs, from where GD++ is nearly GD.

    Args:
        lab: the laboratory of a linear self-attention.
        recursion: "gd" with one rate; "gd-rates" with one a step; "gd++" with one rate and one gamma;
            "gd++-rates" with one of each a step.
    """
    steps = len(attention_of(lab).layers)
    tuning, evaluation = lab.episodes("tuning"), lab.episodes()
    goal = lab.in_context(split="tuning")[:, 0]
    predict, start = _recursion(recursion, steps, _start(tuning))

    def distance(parameters: Floats) -> float:
        return float(lab.npd(predict(tuning, parameters), goal).mean())

    setting, _ = nelder_mead(distance, start, 1e-6, 1e-12)
    choices: dict[str, Json] = {
        "split": "tuning",
        "episodes": len(tuning),
        "recursion": recursion,
        "criterion": "least mean npd from ICL, by Nelder-Mead",
        "start": start.tolist(),
    }
    npd = lab.npd(predict(evaluation, setting), lab.in_context()[:, 0])
    return Matched(npd, setting.tolist(), choices)


def _start(e: RegressionEpisodes) -> float:
    half_width = float(np.sqrt(3.0 * np.square(e.xs).mean()))
    return best_rate(half_width, e.xs.shape[2], e.shots)


def _recursion(
    recursion: str, steps: int, rate: float
) -> tuple[Callable[[RegressionEpisodes, Floats], Floats], Floats]:
    """Return what predicts from parameters, and where their search starts."""
    if recursion == "gd":
        return (lambda e, p: gd_with_rates(e.xs, e.ys, e.xq, [p[0]] * steps)), np.array([rate])
    if recursion == "gd-rates":
        return (lambda e, p: gd_with_rates(e.xs, e.ys, e.xq, p.tolist())), np.full(steps, rate)
    if recursion == "gd++":
        return (lambda e, p: gd_plus_plus(e.xs, e.ys, e.xq, p[0], p[1], steps)[steps]), np.array([rate, 0.01])
    start = np.concatenate([np.full(steps, rate), np.full(steps, 0.01)])
    return (lambda e, p: gd_plus_plus(e.xs, e.ys, e.xq, p[:steps], p[steps:], steps)[steps]), start
