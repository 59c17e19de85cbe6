"""The least value near a start, by Nelder and Mead's simplex; what is not finite is as far as can be."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from iclgd_core.tasks.regression.task import Floats

FAR = 1e300


def nelder_mead(
    distance: Callable[[Floats], float], start: Floats, x_tolerance: float, tolerance: float
) -> tuple[Floats, float]:
    """Return the parameters of the least distance that was found, and it.

    Args:
        distance: of parameters.
        start: of the search.
        x_tolerance: of the parameters.
        tolerance: of the distance.
    """

    def finite(parameters: Floats) -> float:
        value = distance(parameters)
        return value if np.isfinite(value) else FAR

    options = {"xatol": x_tolerance, "fatol": tolerance}
    found = minimize(finite, start, method="Nelder-Mead", options=options)  # type: ignore[call-overload]
    return np.asarray(found.x, dtype=np.float64), float(found.fun)
