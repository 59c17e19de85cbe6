"""Trend: the slope of a quantity within each episode."""

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.stats.per_episode import Floats, finite_per_episode


def slopes(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return the least-squares slope of y on x, one per episode.

        slope_e = sum_i (x_i - mean(x)) y_ei / sum_i (x_i - mean(x))^2

    One number per episode, so that a paired test can judge the trend over episodes.

    Args:
        x: the settings, for example numbers of demonstrations, (k,), at least 2 of them distinct.
        y: the quantity at each setting, (n, k).

    Returns:
        (n,), in units of y per unit of x; 0 for a constant row; positive where y grows with x.

    Raises:
        SettingsError: fewer than 2 distinct x, shapes that do not fit, non-finite values, a slope that overflows.

    >>> slopes([0.0, 1.0, 2.0], [[1.0, 3.0, 5.0], [4.0, 4.0, 4.0]])
    array([2., 0.])
    """
    x = finite_per_episode(x, "the settings of a trend")
    y = np.asarray(y, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] != len(x):
        raise SettingsError(f"a trend over {len(x)} settings needs y (episodes, {len(x)}); got {y.shape}.")
    if not np.isfinite(y).all():
        raise SettingsError("a trend needs finite values; one is not. Record why it is undefined instead.")
    if len(np.unique(x)) < 2:
        raise SettingsError(f"a trend needs at least 2 distinct settings; got {np.unique(x).tolist()}.")
    scale = float(np.abs(x).max())
    centred = x / scale - (x / scale).mean()
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        found = (y - y.mean(axis=1, keepdims=True)) @ centred / (centred @ centred) / scale
    if not np.isfinite(found).all():
        raise SettingsError("a trend overflows: its values are too large, or its settings too near to each other.")
    return np.asarray(found, dtype=np.float64)
