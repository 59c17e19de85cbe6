"""Solvers of least squares and ridge that accounts of in-context learning name, batched over episodes, in float64.

Shapes everywhere: x (episodes, points, d), y (episodes, points), weights (episodes, d). Paths have an axis for the
step or the number of points seen, second.
"""

from collections.abc import Sequence

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.regression.task import Floats

NEWTON_START = 1.0
"""Default of `iterative_newton_path`: half of what its source prints, which does not converge (see there)."""
SINGULAR = 1e-13
"""Eigenvalues of X^T X below this share of the largest are zero up to rounding."""


def one_example_step(weights: Floats, x: Floats, y: Floats, rate: float, ridge: float = 0.0) -> Floats:
    """Take one step of SGD on one example.

        w' = w - 2 rate (x x^T w - y x + ridge w),  the gradient of (x^T w - y)^2 + ridge |w|^2

    Args:
        weights: (..., d).
        x: (..., d) one input each.
        y: (...) its answer.
        rate: learning rate, alpha in the source.
        ridge: strength of the penalty, lambda in the source.

    Returns:
        New weights, (..., d).

    Source: arXiv 2211.15661, theorem 1.

    >>> one_example_step(np.zeros(2), np.array([1.0, 2.0]), np.array(3.0), 0.5)
    array([3., 6.])
    """
    residual = (x * weights).sum(-1) - y
    return np.asarray(weights - 2.0 * rate * (residual[..., None] * x + ridge * weights))


def one_example_path(x: Floats, y: Floats, rate: float, ridge: float = 0.0) -> Floats:
    """Return the weights after 0, 1, ..., n one-example steps from 0, in the points' order: (episodes, n + 1, d)."""
    weights = np.zeros((len(x), x.shape[2]))
    path = [weights]
    for i in range(x.shape[1]):
        weights = one_example_step(weights, x[:, i], y[:, i], rate, ridge)
        path.append(weights)
    return np.stack(path, axis=1)


def least_squares(x: Floats, y: Floats) -> Floats:
    """Return the least squares weights of smallest norm, (episodes, d); zeros without points."""
    if x.shape[1] == 0:
        return np.zeros((len(x), x.shape[2]))
    return np.asarray(np.einsum("edn,en->ed", np.linalg.pinv(x), y))


def ridge_regression(x: Floats, y: Floats, ridge: float) -> Floats:
    """Return w = (X^T X + ridge I)^-1 X^T y, (episodes, d): the posterior mean where ridge = sigma^2 / tau^2.

    Raises:
        SettingsError: a ridge that is not a positive number.
    """
    _check_positive("the ridge", ridge)
    gram = np.einsum("end,enf->edf", x, x) + ridge * np.eye(x.shape[2])
    return np.asarray(np.linalg.solve(gram, np.einsum("end,en->ed", x, y)[..., None])[..., 0])


def sherman_morrison_path(x: Floats, y: Floats, ridge: float) -> Floats:
    """Return the ridge weights after 0, 1, ..., n points by rank-one updates: (episodes, n + 1, d).

        A_0^-1 = I / ridge,  A_i^-1 = A_{i-1}^-1 - u u^T / (1 + x_i^T u),  u = A_{i-1}^-1 x_i
        w_i = A_i^-1 sum_{j <= i} x_j y_j

    In exact arithmetic every w_i is `ridge_regression` of the first i points, whatever their order.

    Raises:
        SettingsError: a ridge that is not a positive number.

    Source: arXiv 2211.15661, theorem 2.
    """
    _check_positive("the ridge", ridge)
    episodes, points, d = x.shape
    inverse = np.broadcast_to(np.eye(d) / ridge, (episodes, d, d)).copy()
    moment = np.zeros((episodes, d))
    path = [moment]
    for i in range(points):
        u = np.einsum("edf,ef->ed", inverse, x[:, i])
        inverse -= u[:, :, None] * u[:, None, :] / (1.0 + (x[:, i] * u).sum(-1))[:, None, None]
        moment = moment + y[:, i, None] * x[:, i]
        path.append(np.einsum("edf,ef->ed", inverse, moment))
    return np.stack(path, axis=1)


def descent_after(x: Floats, y: Floats, rate: float | Floats, steps: Sequence[int]) -> Floats:
    """Return the weights after each of `steps` steps of full-batch GD from 0, in closed form: (episodes, len, d).

        w <- w - rate (S w - X^T y),  S = X^T X;  the gradient of |X w - y|^2 / 2
        w_k = sum_j u_j (1 - (1 - rate s_j)^k) / s_j (u_j . X^T y),  s_j, u_j eigenvalues and eigenvectors of S

    with its limit k rate where s_j is 0. `descent.gd` takes the steps themselves, with a rate of N times this one.

    Args:
        x: inputs.
        y: their answers.
        rate: learning rate, one for all or one an episode, (episodes,); converges for 0 < rate < 2 / |S|.
        steps: numbers of steps, from 0.

    Raises:
        SettingsError: a negative number of steps.
    """
    _check_steps(min(steps, default=0))
    gram, moment = _moments(x, y)
    values, vectors = np.linalg.eigh(gram)
    s = values[:, None]
    eta = np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(x),))[:, None, None]
    k = np.asarray(steps, dtype=np.float64)[None, :, None]
    tiny = np.abs(s) <= SINGULAR * values[:, None, -1:]
    gained = (1.0 - (1.0 - eta * s) ** k) / np.where(tiny, 1.0, s)
    along = np.einsum("edj,ed->ej", vectors, moment)
    return np.asarray(np.einsum("edj,ekj->ekd", vectors, np.where(tiny, k * eta, gained) * along[:, None]))


def largest_curvature(x: Floats) -> Floats:
    """Return |S|_2 = the largest eigenvalue of X^T X, (episodes,)."""
    return np.asarray(np.linalg.norm(x, 2, axis=(1, 2)) ** 2)


def iterative_newton_path(x: Floats, y: Floats, steps: int, start: float = NEWTON_START) -> Floats:
    """Return the weights after 0, 1, ..., `steps` iterations of Newton for the inverse: (episodes, steps + 1, d).

        M_0 = alpha S,  alpha = start / |S S^T|_2;  M_{k+1} = 2 M_k - M_k S M_k;  w_k = M_k X^T y,  S = X^T X

    An eigenvalue s of S has residual r_0 = 1 - start (s / |S|)^2 and r_{k+1} = r_k^2, so the iteration converges, to
    the pseudo-inverse, for 0 < start < 2. The source prints start = 2, where the residual of the largest eigenvalue
    is -1, then 1 for ever: that direction is never learnt.

    Args:
        x: inputs, at least one.
        y: their answers.
        steps: number of iterations, from 0.
        start: alpha times |S S^T|_2.

    Raises:
        SettingsError: a negative number of steps, or a start that is not in (0, 2].

    Source: arXiv 2310.17086, section 3.
    """
    _check_steps(steps)
    if not 0.0 < start <= 2.0:
        raise SettingsError(f"Newton's start is {start!r} / |S S^T|. Allowed: more than 0, up to 2.")
    gram, moment = _moments(x, y)
    inverse = start * gram / (largest_curvature(x) ** 2)[:, None, None]
    path = [np.einsum("edf,ef->ed", inverse, moment)]
    for _ in range(steps):
        inverse = 2.0 * inverse - inverse @ gram @ inverse
        path.append(np.einsum("edf,ef->ed", inverse, moment))
    return np.stack(path, axis=1)


def _moments(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return S = X^T X (episodes, d, d) and X^T y (episodes, d)."""
    return np.einsum("end,enf->edf", x, x), np.einsum("end,en->ed", x, y)


def _check_positive(what: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0.0):
        raise SettingsError(f"{what} is {value!r}. Allowed: a positive number.")


def _check_steps(steps: int) -> None:
    if steps < 0:
        raise SettingsError(f"{steps} steps were asked for. Allowed: a whole number from 0.")
