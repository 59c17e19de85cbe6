"""Confidence bounds that invert the rules' tests: which means they reject at a level, and which not."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.evidence.interval import Interval
from iclgd_core.stats.bootstrap_t import resampled_t
from iclgd_core.stats.per_episode import Floats, finite_per_episode
from iclgd_core.stats.resampling import CONSTANT, RESAMPLES
from iclgd_core.stats.sign_flip import flips


def one_sided_bounds(d: ArrayLike, *, seed: int = 0, resamples: int = RESAMPLES) -> Callable[[float], Interval]:
    """Return the bounds that invert `one_sided`, the sign-flip and the bootstrap-t test together.

    Both p-values grow with the margin m, so that what is rejected from below is all m < low. For sign flips low is a
    quantile of the means of the flipped episodes: a flip of the episodes I counts against mean(d) > m where their mean
    is at most m (Hartigan's typical values). For the bootstrap-t it is mean - s t*, t* the quantile of the resampled t.
    As both must reject, the lower of the two bounds is taken; the upper end likewise.

    Args:
        d: paired differences, one per episode, (n,), n >= 2, finite.
        seed: the run's seed.
        resamples: as given to `one_sided`.

    Returns:
        A function of the level in (0, 1).

    Raises:
        SettingsError: d not one-dimensional or not finite.

    Source: Hartigan 1969, JASA 64; Hall 1988, Annals of Statistics 16.

    >>> [round(end, 1) for end in one_sided_bounds([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])(0.05)]
    [1.9, 5.1]
    """
    d = finite_per_episode(d, "a confidence bound")
    n, mean = len(d), float(d.mean())
    if float(np.ptp(d)) <= CONSTANT * float(np.abs(d).max()):
        return lambda level: (mean, mean) if 2.0**-n <= level else (-np.inf, np.inf)

    @cache
    def sorted_values() -> tuple[Floats, Floats]:
        return np.sort(typical_values(d - mean, seed, resamples)), np.sort(_resampled_t(d - mean, seed, resamples))

    def bounds(level: float) -> Interval:
        typical, star = sorted_values()
        error = float(d.std()) / math.sqrt(n - 1)
        low = min(at_most_below(typical, level), -error * at_most_above(star, level))
        high = max(at_most_above(typical, level), -error * at_most_below(star, level))
        return mean + low, mean + high

    return bounds


def typical_values(x: Floats, seed: int, resamples: int) -> Floats:
    """Return the mean of the flipped episodes for each sign vector; NaN where none is flipped: it always counts."""
    flipped, exact = flips(len(x), seed, resamples), 2 ** len(x) <= resamples
    size = flipped.sum(axis=1)
    with np.errstate(invalid="ignore"):
        values = np.where(size > 0, flipped @ x / size, np.nan)
    return values if exact else np.append(values, np.nan)


def _resampled_t(x: Floats, seed: int, resamples: int) -> Floats:
    """Return t of every resample, and NaN for the sample itself, which always counts."""
    return np.append(resampled_t(x[None], seed, resamples)[:, 0], np.nan)


def at_most_below(values: Floats, level: float) -> float:
    """Return the largest v below which at most a share `level` of the sorted values lies; NaN, last, lies below all."""
    always = int(np.isnan(values).sum())
    place = _allowed(values, level) - always
    return float(values[place]) if place >= 0 else -np.inf


def at_most_above(values: Floats, level: float) -> float:
    """Return the smallest v above which at most a share `level` of the sorted values lies; NaN lies above all."""
    always = int(np.isnan(values).sum())
    place = _allowed(values, level) - always
    return float(values[len(values) - always - 1 - place]) if place >= 0 else np.inf


def _allowed(values: Floats, level: float) -> int:
    """How many of the values may count while the p-value, their share, is at most `level`."""
    return int(np.floor(level * len(values) * (1.0 + CONSTANT)))
