"""Which step of GD or of Newton's iteration each layer of a Transformer is nearest to (arXiv 2310.17086, section 4).

SimE = cosine of two learners' error vectors, (prediction - answer) at points 2, ..., n + 1 of one prompt. A layer's
predictions are read out by weights fitted to its states; the last layer's own predictions are the Transformer's.
"""

import itertools
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from iclgd_core.errors import NotRunError
from iclgd_core.evidence import Json
from iclgd_core.metrics.cosine import cosine
from iclgd_core.regression.gaussian_task import ILL_CONDITIONED
from iclgd_core.regression.lab import RegressionLab
from iclgd_core.regression.record import Record
from iclgd_core.regression.solvers import descent_after, iterative_newton_path, largest_curvature
from iclgd_core.regression.task import Floats
from iclgd_core.regression.transformer_models import TransformerModel

FITTING, CHOOSING = 1024, 256
"""Tuning prompts on which readouts are fitted, and further ones on which steps are chosen."""
PENALTY = 1e-3
"""Ridge of a readout, per prompt and point."""
NEWTON_STEPS = tuple(range(25))
DESCENT_STEPS = tuple(sorted({round(2 ** (k / 4)) for k in range(49)}))
"""1 to 4096, four a doubling."""
DESCENT_RATES = (0.5, 1.0, 1.5, 1.9)
"""Rates of GD times 1 / |X^T X| of the points seen; it converges below 2."""

Settings = dict[tuple[float, int], Floats]
"""Predictions (prompts, points) by rate (0 for Newton) and step."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """Prompts x (prompts, points, d), y (prompts, points)."""

    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class Match:
    """The step of an algorithm that is nearest to some predictions.

    Attributes:
        rate: times 1 / |X^T X|; 0 for Newton.
        step: steps or iterations.
        similarity: SimE of each evaluation prompt, (prompts,).
    """

    rate: float
    step: int
    similarity: Floats


ALGORITHMS = ("newton", "gd")


def final_match(lab: RegressionLab, algorithm: str, ill_conditioned: bool = False) -> Match:
    """Return the step nearest to the Transformer's own predictions, on its task or at condition number 100."""
    return _match(replace(lab, task=ILL_CONDITIONED) if ill_conditioned else lab, algorithm, None)


def layer_matches(lab: RegressionLab, algorithm: str) -> dict[int, Match]:
    """Return the step nearest to the readout of each layer, from the first."""
    return {layer: _match(lab, algorithm, layer) for layer in range(1, _module(lab).module.shape.layers + 1)}


def by_layer(matches: dict[int, Match]) -> list[tuple[str, float, float]]:
    """Return, for each layer from the second: its name, the step of the layer before, its own step."""
    steps = [float(matches[layer].step) for layer in sorted(matches)]
    return [(f"layer {i + 2}", a, b) for i, (a, b) in enumerate(itertools.pairwise(steps))]


def record(matches: dict[str, Match], algorithm: str) -> Record:
    """Return the numbers, for reports."""
    numbers: dict[str, Json] = {
        name: {"rate": match.rate, "step": match.step, "similarity": float(match.similarity.mean())}
        for name, match in matches.items()
    }
    settings: dict[str, Json] = {"algorithm": algorithm, "penalty_of_readouts": PENALTY}
    choices: dict[str, Json] = {
        "split": "tuning",
        "episodes": CHOOSING,
        "steps": list(NEWTON_STEPS if algorithm == "newton" else DESCENT_STEPS),
        "rates": list(() if algorithm == "newton" else DESCENT_RATES),
        "criterion": "highest mean SimE",
    }
    return Record({"matches": numbers}, settings, choices)


def _match(lab: RegressionLab, algorithm: str, layer: int | None) -> Match:
    choosing, judging = _prompts(lab, "tuning"), _prompts(lab, "evaluation")
    target = _error(_predictions(lab, "tuning", layer), choosing)
    found = {
        setting: float(cosine(_error(values, choosing), target).mean())
        for setting, values in _algorithm(lab, "tuning", algorithm).items()
    }
    best = max(found, key=lambda setting: found[setting])
    values = _algorithm(lab, "evaluation", algorithm)[best]
    similarity = cosine(_error(values, judging), _error(_predictions(lab, "evaluation", layer), judging))
    return Match(best[0], best[1], similarity)


def _error(predictions: Floats, prompts: Prompts) -> Floats:
    """Return prediction - answer at points 2, ..., n + 1."""
    return predictions[:, 1:] - prompts.y[:, 1:]


def _module(lab: RegressionLab) -> TransformerModel:
    if not isinstance(lab.model, TransformerModel):
        raise NotRunError(f"{lab.model.name} has no layers of a Transformer to read out.")
    return lab.model


def _prompts(lab: RegressionLab, split: str) -> Prompts:
    """Return the prompts on which steps are chosen, or judged."""
    if split == "evaluation":
        return _drawn(lab, split, lab.count("evaluation"))
    every = _drawn(lab, "tuning", FITTING + CHOOSING)
    return Prompts(every.x[FITTING:], every.y[FITTING:])


@cache
def _drawn(lab: RegressionLab, split: str, n: int) -> Prompts:
    found = lab.task.draw(lab.seed, "tuning" if lab.plan else split, n, lab.task.shots, 1)
    x, y = np.concatenate([found.xs, found.xq], axis=1), np.concatenate([found.ys, found.yq], axis=1)
    return Prompts(x, y[..., 0])


@cache
def _predictions(lab: RegressionLab, split: str, layer: int | None) -> Floats:
    """Return the Transformer's predictions, or those read out of a layer."""
    prompts = _prompts(lab, split)
    if layer is None:
        return _module(lab).predict_along(prompts.x, prompts.y)
    return _with_one(_states(lab, split)[layer]) @ _readout(lab, layer)


@cache
def _states(lab: RegressionLab, split: str) -> Floats:
    prompts = _prompts(lab, split)
    return _module(lab).states_along(prompts.x, prompts.y)


@cache
def _fitting_states(lab: RegressionLab) -> tuple[Floats, Prompts]:
    every = _drawn(lab, "tuning", FITTING + CHOOSING)
    prompts = Prompts(every.x[:FITTING], every.y[:FITTING])
    return _module(lab).states_along(prompts.x, prompts.y), prompts


@cache
def _readout(lab: RegressionLab, layer: int) -> Floats:
    """Return the readout of a layer by ridge on the answers, one for all points, (hidden + 1,)."""
    states, prompts = _fitting_states(lab)
    features = _with_one(states[layer])[:, 1:].reshape(-1, states.shape[-1] + 1)
    answers = prompts.y[:, 1:].reshape(-1)
    gram = features.T @ features + PENALTY * len(features) * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ answers))


def _with_one(states: Floats) -> Floats:
    return np.concatenate([states, np.ones((*states.shape[:-1], 1))], axis=-1)


@cache
def _algorithm(lab: RegressionLab, split: str, algorithm: str) -> Settings:
    """Return an algorithm's predictions of every answer from the points before it, at each of its settings."""
    prompts = _prompts(lab, split)
    points = prompts.y.shape[1]
    if algorithm == "newton":
        made = {(0.0, step): np.zeros_like(prompts.y) for step in NEWTON_STEPS}
    else:
        made = {(rate, step): np.zeros_like(prompts.y) for rate in DESCENT_RATES for step in DESCENT_STEPS}
    for i in range(1, points):
        x, y, query = prompts.x[:, :i], prompts.y[:, :i], prompts.x[:, i]
        if algorithm == "newton":
            found = np.einsum("ekd,ed->ek", iterative_newton_path(x, y, max(NEWTON_STEPS)), query)
            for step in NEWTON_STEPS:
                made[0.0, step][:, i] = found[:, step]
            continue
        for rate in DESCENT_RATES:
            found = np.einsum("ekd,ed->ek", descent_after(x, y, rate / largest_curvature(x), DESCENT_STEPS), query)
            for k, step in enumerate(DESCENT_STEPS):
                made[rate, step][:, i] = found[:, k]
    return made
