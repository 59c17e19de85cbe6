"""What the two solvers of arXiv 2211.15661, section 3, are by algebra, checked in float64 on random problems."""

import numpy as np
import torch

from iclgd_core.evidence.study import Study
from iclgd_core.learners.linear.solvers import (
    one_example_path,
    one_example_step,
    ridge_regression,
    sherman_morrison_path,
)
from iclgd_core.seeds import stream
from iclgd_core.tasks.regression.task import Floats

PROBLEMS, POINTS, DIMENSION, ORDERS = 16, 40, 8, 4
"""The paper's d = 8 and 40 pairs."""
RATE, RIDGE = 0.01, 0.5
SEED = 0
SETTINGS = Study(fixed={"problems": PROBLEMS, "points": POINTS, "dimension": DIMENSION, "rate": RATE, "ridge": RIDGE})


def step_against_autograd() -> dict[str, float]:
    """Return, for each problem, the largest |w' - (w - rate grad)| with the gradient of the loss from autograd.

    Weights, input and answer are random; the loss is (x^T w - y)^2 + ridge |w|^2.
    """
    rng = stream(SEED, "one example")
    w, x, y = (rng.standard_normal(shape) for shape in ((PROBLEMS, DIMENSION), (PROBLEMS, DIMENSION), PROBLEMS))
    weights = torch.tensor(w, requires_grad=True)
    loss = ((torch.tensor(x) * weights).sum(-1) - torch.tensor(y)).square() + RIDGE * weights.square().sum(-1)
    (gradient,) = torch.autograd.grad(loss.sum(), weights)
    return _named(np.abs(one_example_step(w, x, y, RATE, RIDGE) - (w - RATE * gradient.numpy())).max(1))


def step_over_orders() -> dict[str, float]:
    """Return, for each problem, the largest change of a weight between orders, after one pass of one-example steps."""
    return _named(_change([one_example_path(x, y, RATE, RIDGE)[:, -1] for x, y in _orders()]))


def sherman_morrison_against_ridge() -> dict[str, float]:
    """Return, for each problem, the largest |rank-one weights - closed form| over all numbers of points."""
    x, y = _problems()
    path = sherman_morrison_path(x, y, RIDGE)
    differences = [path[:, n] - ridge_regression(x[:, :n], y[:, :n], RIDGE) for n in range(POINTS + 1)]
    return _named(np.abs(np.stack(differences)).max((0, 2)))


def sherman_morrison_over_orders() -> dict[str, float]:
    """Return, for each problem, the largest change of a weight between orders, after all points."""
    return _named(_change([sherman_morrison_path(x, y, RIDGE)[:, -1] for x, y in _orders()]))


def _problems() -> tuple[Floats, Floats]:
    rng = stream(SEED, "problems")
    x = rng.standard_normal((PROBLEMS, POINTS, DIMENSION))
    noise = rng.standard_normal((PROBLEMS, POINTS))
    return x, np.asarray(np.einsum("end,ed->en", x, rng.standard_normal((PROBLEMS, DIMENSION))) + noise)


def _orders() -> list[tuple[Floats, Floats]]:
    (x, y), rng = _problems(), stream(SEED, "orders")
    orders = [rng.permutation(POINTS) for _ in range(ORDERS)]
    return [(x[:, order], y[:, order]) for order in orders]


def _change(weights: list[Floats]) -> Floats:
    return np.asarray(np.ptp(np.stack(weights), axis=0).max(-1))


def _named(values: Floats) -> dict[str, float]:
    return {f"problem {i}": float(value) for i, value in enumerate(values)}
