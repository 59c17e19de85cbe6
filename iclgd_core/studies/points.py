"""Points of a curve from episodes."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Point
from iclgd_core.stats import mean_interval

Floats = NDArray[np.float64]


def sampled(x: float, values: Floats) -> Point:
    """Return the mean over episodes at x with its 95% bootstrap interval.

    One episode, or a value that is not finite, gives no interval; no finite mean is a ValueError.
    """
    return _point(float(x), values)


def everywhere(values: Floats) -> Point:
    """Return the same for a quantity that does not depend on x."""
    return _point(None, values)


def _point(x: float | None, values: Floats) -> Point:
    mean = float(np.mean(values))
    if not np.isfinite(mean):
        raise ValueError(f"a point needs finite values; got {values!r:.80}")
    low, high = mean_interval(values) if len(values) > 1 else (None, None)
    return Point(x, mean, low, high, len(values))
