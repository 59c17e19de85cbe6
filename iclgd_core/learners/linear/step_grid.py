"""Predictions of Newton's iteration and of GD along a prompt, at every step and rate of a grid (arXiv 2310.17086)."""

from collections.abc import Sequence

import numpy as np

from iclgd_core.learners.linear.solvers import descent_after, iterative_newton_path, largest_curvature
from iclgd_core.tasks.regression.task import Floats


def step_grid(whole: int, last: int, ratio: float) -> tuple[int, ...]:
    """Return all whole numbers from 1 to `whole`, then numbers to `last` that are at most `ratio` times the one before.

    >>> step_grid(3, 8, 1.5)
    (1, 2, 3, 4, 6, 8)
    """
    steps = list(range(1, whole + 1))
    while steps[-1] < last:
        steps.append(min(max(int(steps[-1] * ratio), steps[-1] + 1), last))
    return tuple(steps)


NEWTON_STEPS = tuple(range(25))
DESCENT_STEPS = step_grid(64, 4096, 1.05)
"""GD's steps: each whole number to 64, then 5% apart or less."""
DESCENT_RATES = (0.1, 0.25, 0.5, 1.0, 1.5, 1.9)
"""Rates of GD times 1 / |X^T X| of the points seen; it converges below 2."""


def steps_of(algorithm: str) -> tuple[int, ...]:
    """Return the steps that are tried of "newton" or "gd"."""
    return NEWTON_STEPS if algorithm == "newton" else DESCENT_STEPS


def rates_of(algorithm: str) -> tuple[float, ...]:
    """Return the rates that are tried; a single 0 for Newton, which has none."""
    return (0.0,) if algorithm == "newton" else DESCENT_RATES


def along(algorithm: str, x: Floats, y: Floats, rate: float, steps: Sequence[int]) -> Floats:
    """Return predictions of every answer from the points before it, (steps, prompts, points); 0 of the first.

    Args:
        algorithm: "newton" or "gd".
        x: (prompts, points, d).
        y: their answers, (prompts, points).
        rate: of GD, times 1 / |X^T X| of the points seen; Newton has none.
        steps: numbers of steps.
    """
    out = np.zeros((len(steps), *y.shape))
    for i in range(1, y.shape[1]):
        seen, answers = x[:, :i], y[:, :i]
        if algorithm == "newton":
            weights = iterative_newton_path(seen, answers, max(steps))[:, list(steps)]
        else:
            weights = descent_after(seen, answers, rate / largest_curvature(seen), steps)
        out[:, :, i] = np.einsum("ekd,ed->ke", weights, x[:, i])
    return out
