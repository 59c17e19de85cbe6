"""Distances of predictions in regression."""

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.regression.task import Floats


def mean_square(y: Floats) -> float:
    """Return E |y|^2 = the mean over everything but the last axis of the sum of squares over the last.

    Args:
        y: values, (..., Ny).

    >>> mean_square(np.array([[3.0, 4.0], [0.0, 0.0]]))
    12.5
    """
    return float(np.square(y).sum(-1).mean())


def npd(f: Floats, g: Floats, scale: float) -> Floats:
    """Return the normalised prediction distance of each episode.

        npd_e = mean over queries of |f_eq - g_eq|^2 / E |y|^2

    Args:
        f: predictions, (episodes, queries, Ny).
        g: others of the same queries.
        scale: E |y|^2 of the task, > 0.

    Returns:
        (episodes,), from 0 (the same predictions), unbounded; 1 is the distance of the right answer from predicting 0.

    Raises:
        SettingsError: shapes that differ or are not of three axes, or a scale that is not a positive number.

    >>> npd(np.array([[[1.0], [3.0]]]), np.array([[[1.0], [1.0]]]), 4.0)
    array([0.5])
    """
    if f.shape != g.shape or f.ndim != 3:
        raise SettingsError(f"npd needs predictions (episodes, queries, Ny) of one shape; got {f.shape} and {g.shape}.")
    if not (np.isfinite(scale) and scale > 0.0):
        raise SettingsError(f"npd needs a scale E |y|^2 > 0; got {scale!r}.")
    return np.asarray(np.square(f - g).sum(-1).mean(-1), dtype=np.float64) / scale


def order_spread(f: Floats, scale: float) -> Floats:
    """Return how much predictions depend on the order of the demonstrations, for each episode.

        spread_e = mean over queries of sqrt( sum over outputs of Var over orders f ) / sqrt( E |y|^2 )

    Args:
        f: predictions in several orders, (episodes, orders, queries, Ny); the variance has ddof 0.
        scale: E |y|^2 of the task, > 0.

    Returns:
        (episodes,), from 0 (the order changes nothing); in standard deviations of y, whose mean is 0.

    Raises:
        SettingsError: another number of axes, fewer than two orders, or a scale that is not a positive number.

    >>> order_spread(np.array([[[[1.0]], [[3.0]]]]), 4.0)
    array([0.5])
    """
    if f.ndim != 4 or f.shape[1] < 2:
        raise SettingsError(f"a spread over orders needs (episodes, orders >= 2, queries, Ny); got {f.shape}.")
    if not (np.isfinite(scale) and scale > 0.0):
        raise SettingsError(f"a spread over orders needs a scale E |y|^2 > 0; got {scale!r}.")
    spread = np.sqrt(np.var(f, axis=1).sum(-1)).mean(-1)
    return np.asarray(spread / np.sqrt(scale), dtype=np.float64)
