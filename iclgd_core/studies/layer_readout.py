"""Predictions read out of each layer of a Transformer along a prompt (arXiv 2310.17086, section 4).

A layer's predictions are its states times weights fitted by ridge; the Transformer's own are those of its last layer.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from iclgd_core.errors import NotRunError
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.models.regression.transformer_models import TransformerModel
from iclgd_core.tasks.regression.task import Floats

FITTING, CHOOSING = 1024, 256
"""Tuning prompts on which readouts are fitted, and further ones on which steps are chosen."""
PENALTY = 1e-3
"""Ridge of a readout, per prompt and point."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """Prompts x (prompts, points, d), y (prompts, points)."""

    x: Floats
    y: Floats

    def error(self, predictions: Floats) -> Floats:
        """Return prediction - answer at points 2, ..., n + 1: (..., prompts, points) -> (..., prompts, points - 1)."""
        return np.asarray(predictions[..., 1:] - self.y[:, 1:])


def transformer(lab: RegressionLab) -> TransformerModel:
    """Return the laboratory's model; NotRunError if it is no Transformer."""
    if not isinstance(lab.model, TransformerModel):
        raise NotRunError(f"{lab.model.name} has no layers of a Transformer to read out.")
    return lab.model


def prompts(lab: RegressionLab, split: str) -> Prompts:
    """Return the prompts on which steps are chosen ("tuning"), or judged ("evaluation")."""
    if split == "evaluation":
        return _drawn(lab, split, lab.count("evaluation"))
    every = fitting_and_choosing(lab)
    return Prompts(every.x[FITTING:], every.y[FITTING:])


def fitting_and_choosing(lab: RegressionLab) -> Prompts:
    """Return the tuning prompts: those on which readouts are fitted, then those on which steps are chosen."""
    return _drawn(lab, "tuning", FITTING + CHOOSING)


@cache
def predictions(lab: RegressionLab, split: str, layer: int | None) -> Floats:
    """Return the Transformer's predictions of every answer, or those read out of a layer, (prompts, points)."""
    asked = prompts(lab, split)
    if layer is None:
        return transformer(lab).predict_along(asked.x, asked.y)
    return _with_one(_states(lab, split)[layer]) @ _readout(lab, layer)


@cache
def _drawn(lab: RegressionLab, split: str, n: int) -> Prompts:
    found = lab.task.draw(lab.seed, "tuning" if lab.plan else split, n, lab.task.shots, 1)
    x, y = np.concatenate([found.xs, found.xq], axis=1), np.concatenate([found.ys, found.yq], axis=1)
    return Prompts(x, y[..., 0])


@cache
def _states(lab: RegressionLab, split: str) -> Floats:
    asked = prompts(lab, split)
    return transformer(lab).states_along(asked.x, asked.y)


@cache
def _fitting_states(lab: RegressionLab) -> tuple[Floats, Prompts]:
    every = fitting_and_choosing(lab)
    fitting = Prompts(every.x[:FITTING], every.y[:FITTING])
    return transformer(lab).states_along(fitting.x, fitting.y), fitting


@cache
def _readout(lab: RegressionLab, layer: int) -> Floats:
    """Return the readout of a layer by ridge on the answers, one for all points, (hidden + 1,)."""
    states, fitting = _fitting_states(lab)
    features = _with_one(states[layer])[:, 1:].reshape(-1, states.shape[-1] + 1)
    answers = fitting.y[:, 1:].reshape(-1)
    gram = features.T @ features + PENALTY * len(features) * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ answers))


def _with_one(states: Floats) -> Floats:
    return np.concatenate([states, np.ones((*states.shape[:-1], 1))], axis=-1)
