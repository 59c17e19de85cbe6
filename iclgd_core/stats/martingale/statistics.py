"""Statistics of the martingale property (arXiv 2406.00793, sections 3 and 4).

p(Z_{n+1} = z | Z_1..Z_n) = p(Z_{n+k} = z | Z_1..Z_n) for all k > 0 is necessary for exchangeability, and exchangeable
predictives are the Bayesian ones (de Finetti). Outcomes are binary.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]

LAGS = 5
"""Autocorrelation is followed up to so many outcomes apart, as in the published plotting code."""


def two_step_gap(now: ArrayLike, behind_zero: ArrayLike, behind_one: ArrayLike) -> Floats:
    """Return p(Z_{n+2} = 1 | D) - p(Z_{n+1} = 1 | D), exactly, from three predictions.

        gap = [ (1 - p) p_0 + p p_1 ] - p,   p = p(1 | D), p_z = p(1 | D, z)

    Args:
        now: p(1 | D), (...).
        behind_zero: p(1 | D, 0), (...).
        behind_one: p(1 | D, 1), (...).

    Returns:
        (...), in [-1, 1]; 0 for a martingale. For binary outcomes it is the exchangeability gap: see there.

    >>> float(two_step_gap(0.5, 0.4, 0.8).round(12))
    0.1
    """
    p, p_0, p_1 = (np.asarray(x, dtype=np.float64) for x in (now, behind_zero, behind_one))
    return np.asarray((1.0 - p) * p_0 + p * p_1 - p)


def exchangeability_gap(now: ArrayLike, behind_zero: ArrayLike, behind_one: ArrayLike) -> Floats:
    """Return p(Z_{n+1} = 0, Z_{n+2} = 1 | D) - p(Z_{n+1} = 1, Z_{n+2} = 0 | D).

        gap = (1 - p) p_0 - p (1 - p_1)

    which equals `two_step_gap`: both p(Z_{n+2} = 1) and p(Z_{n+1} = 1) have p(1, 1) as a summand.

    Args:
        now: p(1 | D), (...).
        behind_zero: p(1 | D, 0), (...).
        behind_one: p(1 | D, 1), (...).

    >>> float(exchangeability_gap(0.5, 0.4, 0.8).round(12))
    0.1
    """
    p, p_0, p_1 = (np.asarray(x, dtype=np.float64) for x in (now, behind_zero, behind_one))
    return np.asarray((1.0 - p) * p_0 - p * (1.0 - p_1))


def half_difference(paths: ArrayLike) -> Floats:
    """Return T1: the mean of the first half of a path minus that of its second half, averaged over paths.

    Args:
        paths: (..., paths, length); of an odd length the middle outcome is left out.

    Returns:
        (...), in [-1, 1] for outcomes 0 and 1; 0 on the mean for a martingale.

    Raises:
        SettingsError: paths shorter than 2.

    >>> float(half_difference([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]]))
    0.5
    """
    z = _paths(paths, 2)
    half = z.shape[-1] // 2
    return np.asarray((z[..., :half].mean(axis=-1) - z[..., -half:].mean(axis=-1)).mean(axis=-1))


def autocorrelation_changes(paths: ArrayLike, lags: int = LAGS) -> Floats:
    """Return T2: how the autocorrelation at lags 2..lags differs from that at lag 1.

        T2_k = acf_{k+1} - acf_1,    acf_k = E[z_{t+k} z_t] / E[z_t^2],    over t and paths

    Args:
        paths: (..., paths, length).
        lags: the largest lag, >= 2.

    Returns:
        (..., lags - 1); 0 on the mean for a martingale. 0 also where all outcomes are 0.

    Raises:
        SettingsError: paths no longer than the largest lag, or no lag beyond 1.
    """
    if lags < 2:
        raise SettingsError(f"the autocorrelation changes from lag 1 to another, so lags >= 2; got {lags}.")
    z = _paths(paths, lags + 1)
    power = np.square(z).mean(axis=(-1, -2))
    products = np.stack([(z[..., k:] * z[..., :-k]).mean(axis=(-1, -2)) for k in range(1, lags + 1)], axis=-1)
    acf = np.divide(products, power[..., None], out=np.zeros_like(products), where=power[..., None] > 0.0)
    return np.asarray(acf[..., 1:] - acf[..., :1])


def path_spread(paths: ArrayLike) -> Floats:
    """Return T3: the interquartile range, over paths, of the mean of a path; for a Bayesian, of its posterior.

    Args:
        paths: (..., paths, length).

    Returns:
        (...), in [0, 1] for outcomes 0 and 1.
    """
    low, high = np.quantile(_paths(paths, 1).mean(axis=-1), [0.25, 0.75], axis=-1)
    return np.asarray(high - low)


def without_outlying_paths(paths: Floats) -> Floats:
    """Return the paths whose mean lies within 1.5 interquartile ranges of the quartiles, as the published code does.

    Args:
        paths: (paths, length).
    """
    means = _paths(paths, 1).mean(axis=-1)
    low, high = np.quantile(means, [0.25, 0.75])
    reach = 1.5 * (high - low)
    return np.asarray(paths[(means >= low - reach) & (means <= high + reach)])


def _paths(paths: ArrayLike, shortest: int) -> Floats:
    z = np.asarray(paths, dtype=np.float64)
    if z.ndim < 2 or z.shape[-1] < shortest or z.shape[-2] < 1:
        raise SettingsError(f"paths have the shape (..., paths, length >= {shortest}); got {z.shape}.")
    return z
