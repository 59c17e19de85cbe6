"""In-context Transformers whose predictions and states are replaced by known ones, for tests of the instruments."""

from dataclasses import dataclass

import numpy as np

from iclgd_core.lab.regression import RegressionLab
from iclgd_core.learners.linear.solvers import iterative_newton_path, least_squares, ridge_regression
from iclgd_core.learners.linear.step_grid import along
from iclgd_core.models.regression.in_context_transformer import InContextTransformer, TransformerShape
from iclgd_core.models.regression.transformer_models import TransformerModel, fresh
from iclgd_core.tasks.regression.gaussian import GAUSSIAN
from iclgd_core.tasks.regression.task import Floats

SHAPE = TransformerShape(hidden=16, layers=3, heads=2)


def module() -> InContextTransformer:
    return fresh("untrained-planted", SHAPE, 0).module


@dataclass(frozen=True, eq=False)
class Ridge(TransformerModel):
    """Predicts by ridge regression with a given penalty."""

    penalty: float = 1.0

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        if xs.shape[1] == 0:
            return np.zeros((*xq.shape[:2], 1))
        return np.asarray(np.einsum("eqd,ed->eq", xq, ridge_regression(xs, ys[..., 0], self.penalty))[..., None])


@dataclass(frozen=True, eq=False)
class OneStep(TransformerModel):
    """Predicts by one step of GD at a given rate."""

    rate: float = 0.05

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        return np.asarray(self.rate * np.einsum("eqd,end,en->eq", xq, xs, ys[..., 0])[..., None])


@dataclass(frozen=True, eq=False)
class Newton(TransformerModel):
    """Layer l, and the model itself after the last, predicts by 2 l iterations of Newton."""

    def predict_along(self, x: Floats, y: Floats) -> Floats:
        return self._after(x, y, 2 * SHAPE.layers)

    def states_along(self, x: Floats, y: Floats) -> Floats:
        return np.stack([self._after(x, y, 2 * layer)[..., None] for layer in range(SHAPE.layers + 1)])

    def _after(self, x: Floats, y: Floats, iterations: int) -> Floats:
        out = np.zeros_like(y)
        for i in range(1, y.shape[1]):
            weights = iterative_newton_path(x[:, :i], y[:, :i], iterations)[:, -1]
            out[:, i] = np.einsum("ed,ed->e", x[:, i], weights)
        return out


@dataclass(frozen=True, eq=False)
class Descent(Newton):
    """Layer l, and the model itself after the last, predicts by 3^l steps of GD at rate 0.25 / |X^T X|."""

    def _after(self, x: Floats, y: Floats, iterations: int) -> Floats:
        return np.asarray(along("gd", x, y, 0.25, [3 ** (iterations // 2)])[0])


@dataclass(frozen=True, eq=False)
class Known(TransformerModel):
    """Its states hold nothing, then the moment, then the weights, then nothing again."""

    def all_states(self, x: Floats, y: Floats) -> Floats:
        shots = x.shape[1] - 1
        moment = np.einsum("end,en->ed", x[:, :shots], y[:, :shots])
        nothing = np.ones_like(moment)
        layers = [nothing, moment, least_squares(x[:, :shots], y[:, :shots]), nothing]
        held = np.stack([np.concatenate([layer, x[:, -1]], axis=1) for layer in layers])
        return np.stack([np.zeros_like(held), held], axis=2)


def lab(model: TransformerModel) -> RegressionLab:
    return RegressionLab(model, GAUSSIAN)
