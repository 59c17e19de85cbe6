"""The learners that arXiv 2208.01066 holds a Transformer against (its section 3 and appendix A).

All take demonstrations x (episodes, points, d), y (episodes, points) and queries (episodes, queries, d), return
predictions (episodes, queries), and predict 0 without demonstrations.
"""

import math
from collections.abc import Callable

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.learners.linear.solvers import least_squares, ridge_regression
from iclgd_core.tasks.regression.task import Floats

Baseline = Callable[[Floats, Floats, Floats], Floats]
NEIGHBOURS = 3
LASSO_ALPHAS = (1.0, 0.1, 0.01, 0.001, 0.0001)
"""Penalties that the paper's code tries."""
LASSO_SWEEPS = 2000
LASSO_TOLERANCE = 1e-7
"""Most sweeps, and the largest change of a weight in one sweep at which it has converged."""


def predict_linear(weights: Floats, queries: Floats) -> Floats:
    """Return x . w of each query, (episodes, queries)."""
    return np.asarray(np.einsum("eqd,ed->eq", queries, weights))


def ordinary_least_squares(x: Floats, y: Floats, queries: Floats) -> Floats:
    """Predict by the least squares weights of smallest norm."""
    return predict_linear(least_squares(x, y), queries)


def averaging(x: Floats, y: Floats, queries: Floats) -> Floats:
    """Predict by w = mean of x_i y_i."""
    if x.shape[1] == 0:
        return np.zeros(queries.shape[:2])
    return predict_linear(np.einsum("end,en->ed", x, y) / x.shape[1], queries)


def ridge(strength: float) -> Baseline:
    """Return the learner that predicts by ridge regression with a penalty strength |w|^2."""

    def predict(x: Floats, y: Floats, queries: Floats) -> Floats:
        return predict_linear(ridge_regression(x, y, strength), queries)

    return predict


def nearest_neighbours(x: Floats, y: Floats, queries: Floats) -> Floats:
    """Predict by the mean answer of the three nearest demonstrations, or of all where there are fewer."""
    k = min(NEIGHBOURS, x.shape[1])
    if k == 0:
        return np.zeros(queries.shape[:2])
    distance = np.square(queries[:, :, None] - x[:, None]).sum(-1)
    nearest = np.argsort(distance, axis=-1, kind="stable")[..., :k]
    return np.asarray(np.take_along_axis(y[:, None], nearest, axis=-1).mean(-1))


def lasso(alpha: float) -> Baseline:
    """Return the learner that predicts by the Lasso: see `lasso_weights`."""

    def predict(x: Floats, y: Floats, queries: Floats) -> Floats:
        return predict_linear(lasso_weights(x, y, alpha), queries)

    return predict


def lasso_weights(x: Floats, y: Floats, alpha: float, sweeps: int = LASSO_SWEEPS) -> Floats:
    """Return argmin_w |y - X w|^2 / (2 n) + alpha |w|_1 by cyclic coordinate descent from 0, (episodes, d).

    Each coordinate in turn is set to its exact minimum, w_j = soft(X_j . r_j / n, alpha) / (|X_j|^2 / n) with r_j the
    residual without coordinate j; the objective never rises.

    Args:
        x: inputs.
        y: their answers.
        alpha: strength of the penalty, > 0.
        sweeps: most passes over the coordinates, from 1; it stops where a pass moves no weight by LASSO_TOLERANCE.

    Raises:
        SettingsError: a penalty that is not a positive number, or no sweep.
    """
    if not (np.isfinite(alpha) and alpha > 0.0) or sweeps < 1:
        raise SettingsError(f"Lasso: alpha {alpha!r}, {sweeps} sweeps. Allowed: a positive number, at least one sweep.")
    episodes, n, d = x.shape
    weights = np.zeros((episodes, d))
    if n == 0:
        return weights
    gram = np.einsum("end,enf->edf", x, x) / n
    moment = np.einsum("end,en->ed", x, y) / n
    for _ in range(sweeps):
        before = weights.copy()
        for j in range(d):
            rest = moment[:, j] - (gram[:, j] * weights).sum(-1) + gram[:, j, j] * weights[:, j]
            weights[:, j] = np.sign(rest) * np.maximum(np.abs(rest) - alpha, 0.0) / gram[:, j, j]
        if np.abs(weights - before).max() < LASSO_TOLERANCE:
            break
    return weights


def least_squares_error(points: int, d: int, noise: float = 0.0) -> float:
    """Return E (prediction - answer)^2 / d of least squares of smallest norm on Gaussian points, w, x ~ N(0, I_d).

        n <= d: 1 - n / d + (n / (d - n - 1) + 1) sigma^2 / d;   n > d: (d / (n - d - 1) + 1) sigma^2 / d

    Args:
        points: n, demonstrations seen.
        d: dimension.
        noise: sigma, standard deviation of the answers' noise, the query's too; with it the mean is infinite for n
            from d - 1 to d + 1, where the traces of inverse Wishart matrices are.
    """
    share = max(1.0 - points / d, 0.0)
    if not noise:
        return share
    room = abs(points - d) - 1
    variance = 0.0 if points == 0 else min(points, d) / room if room > 0 else math.inf
    return share + noise**2 * (variance + 1.0) / d


def averaging_error(points: int, d: int) -> float:
    """Return E error / d of averaging on `points` noiseless Gaussian points: (d + 1) / points; 1 without points."""
    return (d + 1) / points if points else 1.0
