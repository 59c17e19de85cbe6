"""How many steps GD and Newton's iteration need at a given condition number (arXiv 2310.17086, section 3)."""

import itertools
from collections.abc import Callable

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.learners.linear.solvers import descent_after, iterative_newton_path
from iclgd_core.tasks.regression.task import Floats

CONDITIONS = (10, 100, 1000, 10000)
DIMENSION = 20
ERROR = 1e-6
MOST_NEWTON = 64


def problem(condition: float, dimension: int = DIMENSION) -> tuple[Floats, Floats]:
    """Return x (1, d, d), y (1, d) with X^T X diagonal, eigenvalues geometric from 1 to 1 / condition, and w = 1."""
    spectrum = np.geomspace(1.0, 1.0 / condition, dimension)
    x = np.diag(np.sqrt(spectrum))[None]
    return x, x.sum(2)


def newton_iterations(condition: float) -> int:
    """Return the fewest iterations after which no weight errs by more than 1e-6."""
    x, y = problem(condition)
    return _first(np.abs(iterative_newton_path(x, y, MOST_NEWTON)[0] - 1.0).max(1))


def descent_steps(condition: float) -> int:
    """Return the fewest steps of full-batch GD, at rate 1 / |X^T X|, after which no weight errs by more than 1e-6."""
    x, y = problem(condition)

    def errs(step: int) -> bool:
        return bool(np.abs(descent_after(x, y, 1.0, [step])[0, 0] - 1.0).max() > ERROR)

    high = 1
    while errs(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if errs(middle) else (low, middle)
    return high


def by_condition(count: Callable[[float], int]) -> dict[int, int]:
    """Return the steps needed for each of CONDITIONS."""
    return {condition: count(condition) for condition in CONDITIONS}


def growth(steps: dict[int, int], ratio: bool) -> dict[str, float]:
    """Return how steps grow from each condition number to the next, tenfold one: their ratio, or their difference."""
    values = list(steps.items())
    return {
        f"{a} to {b}": float(more / fewer if ratio else more - fewer)
        for (a, fewer), (b, more) in itertools.pairwise(values)
    }


def study(steps: dict[int, int]) -> Study:
    """Return the steps needed as a study."""
    details: dict[str, Json] = {"steps": {f"{condition}": count for condition, count in steps.items()}}
    return Study({}, details, {"dimension": DIMENSION, "error": ERROR, "spectrum": "geometric"})


def _first(errors: Floats) -> int:
    return int(np.argmax(errors <= ERROR))
