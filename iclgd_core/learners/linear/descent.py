"""Learners that are held against in-context learning in regression: GD and GD++ on a linear model, one pass of SGD.

Each starts from W = 0 and returns predictions of the queries along its steps. All are computed here from their own
equations, with no attention in them; `autograd_gd` takes its gradients from autograd.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from iclgd_core.errors import SettingsError
from iclgd_core.learners.linear.solvers import one_example_path
from iclgd_core.tasks.regression.task import Floats


def gd(xs: Floats, ys: Floats, xq: Floats, rate: float, steps: int) -> Floats:
    """Predict by full-batch gradient descent on the linear model y = W x.

        W <- W - (eta/N) sum_i (W x_i - y_i) x_i^T,  the gradient of 1/(2N) sum_i |W x_i - y_i|^2

    Args:
        xs: inputs of the demonstrations, (episodes, N, d), N from 1.
        ys: their outputs, (episodes, N, Ny).
        xq: queries, (episodes, Q, d).
        rate: eta.
        steps: number of steps, from 0.

    Returns:
        Predictions W x_q after 0, 1, ..., `steps` steps, (steps + 1, episodes, Q, Ny); not finite where it
        diverges.

    Raises:
        SettingsError: no demonstration, or a negative number of steps.

    Source: arXiv 2212.07677, equations 2 and 3.
    """
    _check(xs, steps)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.stack([xq @ weights for weights in _descended(xs, ys, [rate] * steps)])


def gd_with_rates(xs: Floats, ys: Floats, xq: Floats, rates: Sequence[float]) -> Floats:
    """Predict by full-batch GD with a rate of its own for each step; otherwise as `gd`.

    Returns:
        Predictions after the last step, (episodes, Q, Ny).

    Raises:
        SettingsError: no demonstration.
    """
    _check(xs, len(rates))
    with np.errstate(over="ignore", invalid="ignore"):
        *_, weights = _descended(xs, ys, rates)
        return np.asarray(xq @ weights)


def _descended(xs: Floats, ys: Floats, rates: Sequence[float]) -> Iterator[Floats]:
    """Yield W^T, (episodes, d, Ny), after 0, 1, ... steps from 0."""
    transposed = np.swapaxes(xs, 1, 2)
    gram, moment = transposed @ xs / xs.shape[1], transposed @ ys / xs.shape[1]
    weights = np.zeros_like(moment)
    yield weights
    for rate in rates:
        weights = weights - rate * (gram @ weights - moment)
        yield weights


def gd_plus_plus(
    xs: Floats, ys: Floats, xq: Floats, rate: float | Floats, shrink: float | Floats, steps: int
) -> Floats:
    """Predict by GD++: a GD step on the residuals, then all inputs, the queries' too, are curved by the data.

        W = (eta/N) sum_i y_i x_i^T,   y_i <- y_i - W x_i,   yhat_q <- yhat_q + W x_q
        x <- (I - (shrink/N) sum_i x_i x_i^T) x,  with the x_i of before the step, for demonstrations and queries

    Args:
        xs: inputs of the demonstrations, (episodes, N, d), N from 1.
        ys: their outputs, (episodes, N, Ny).
        xq: queries, (episodes, Q, d).
        rate: eta, one for all steps or one a step, (steps,).
        shrink: gamma N, likewise; with 0 this is `gd`, since GD on the residuals from 0 is the next step of GD.
        steps: number of steps, from 0.

    Returns:
        Predictions after 0, 1, ..., `steps` steps, (steps + 1, episodes, Q, Ny).

    Raises:
        SettingsError: no demonstration, or a negative number of steps.

    Source: arXiv 2212.07677, section 3 (GD++) and appendix A.
    """
    _check(xs, steps)
    n = xs.shape[1]
    found = np.zeros((*xq.shape[:2], ys.shape[2]))
    path = [found]
    rates, shrinks = (np.broadcast_to(np.asarray(p, dtype=np.float64), (steps,)) for p in (rate, shrink))
    with np.errstate(over="ignore", invalid="ignore"):
        for eta, gamma in zip(rates, shrinks, strict=True):
            transposed = np.swapaxes(xs, 1, 2)
            weights = eta / n * transposed @ ys
            ys, found = ys - xs @ weights, found + xq @ weights
            curved = np.eye(xs.shape[2]) - gamma / n * transposed @ xs
            xs, xq = xs @ curved, xq @ curved
            path.append(found)
    return np.stack(path)


def sgd(xs: Floats, ys: Floats, xq: Floats, rate: float) -> Floats:
    """Predict by one pass of SGD, one demonstration a step in their order, each output apart.

        w' = w - 2 alpha (x x^T w - y x)

    Args:
        xs: inputs of the demonstrations, (episodes, N, d).
        ys: their outputs, (episodes, N, Ny).
        xq: queries, (episodes, Q, d).
        rate: alpha.

    Returns:
        Predictions, (episodes, Q, Ny).

    Source: arXiv 2211.15661, theorem 1, without the penalty.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        weights = np.stack([one_example_path(xs, ys[..., j], rate)[:, -1] for j in range(ys.shape[2])], axis=-1)
        return np.asarray(xq @ weights)


def autograd_gd(xs: Floats, ys: Floats, xq: Floats, rate: float, steps: int, start: Floats) -> Floats:
    """Predict by full-batch GD whose gradients come from autograd, in float64, from any start.

    Args:
        xs: inputs of the demonstrations, (episodes, N, d), N from 1.
        ys: their outputs, (episodes, N, Ny).
        xq: queries, (episodes, Q, d).
        rate: eta, on the loss 1/(2N) sum_i |W x_i - y_i|^2 of each episode.
        steps: number of steps, from 0.
        start: W0, (Ny, d).

    Returns:
        Predictions W x_q after the last step, (episodes, Q, Ny).

    Raises:
        SettingsError: no demonstration, or a negative number of steps.
    """
    _check(xs, steps)
    x, y, q, w0 = (torch.from_numpy(np.ascontiguousarray(a, dtype=np.float64)) for a in (xs, ys, xq, start))
    weights = w0.expand(len(x), *w0.shape).clone()
    for _ in range(steps):
        weights = weights.detach().requires_grad_()
        losses = 0.5 * (x @ weights.mT - y).square().sum(-1).mean(-1)
        (gradient,) = torch.autograd.grad(losses.sum(), weights)
        weights = weights - rate * gradient
    found: Floats = (q @ weights.detach().mT).numpy()
    return found


def _check(xs: Floats, steps: int) -> None:
    if xs.shape[1] < 1 or steps < 0:
        raise SettingsError(
            f"GD on {xs.shape[1]} demonstrations for {steps} steps. Allowed: at least 1 demonstration, 0 steps or more."
        )
