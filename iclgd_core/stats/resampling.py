"""What bootstrap and sign flips share: how many resamples, and when two numbers count as equal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 9999
"""Bootstrap resamples and random sign flips: p-values of random flips are multiples of 1/10000."""

CONSTANT = 1e-12
"""Difference, relative to the largest magnitude, below which numbers are equal: rounding, not variation."""


def rounded_mean(x: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Return the mean along `axis` to 12 decimals, for data scaled into [-1, 1].

    Resamples whose means are equal in exact arithmetic differ in floating point by the order of summation.
    Both methods count ties with the observed mean, which must not depend on that.

    >>> rounded_mean(np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]) - 0.2)
    array([0., 0.])
    """
    return np.asarray(np.round(np.mean(x, axis=axis), 12) + 0.0)
