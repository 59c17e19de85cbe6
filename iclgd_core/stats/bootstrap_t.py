"""Bootstrap-t test of the mean of paired differences."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.seeds import stream
from iclgd_core.stats.per_episode import Floats, finite_per_episode
from iclgd_core.stats.resampling import CONSTANT, RESAMPLES

TIE = 1e-9
"""Relative difference below which two values of t are equal; ties count on both sides."""


def bootstrap_t(
    d: ArrayLike, margin: float, *, magnitude: float = 0.0, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the one-sided p-values of mean(d) > margin and of mean(d) < margin.

    With m and s the mean and standard error of d, and m*, s* those of a resample of its episodes with replacement,

        t = (m - margin) / s,    t* = (m* - m) / s*,    p_greater = (1 + number of t* >= t) / (1 + resamples)

    and p_less with <=, where t* counts up to a distance T from 0, that of `farthest_t`. The distribution of t* has the
    skewness that t has under the null hypothesis, so that the level is kept for skewed differences, for which sign
    flips are too bold on one side. It is a little too bold for heavy tails, for which sign flips are not: `one_sided`
    asks both.

    Args:
        d: paired differences, one per episode, (n,), n >= 2, finite.
        margin: the boundary of the null hypotheses.
        magnitude: size of the numbers that d was computed from; what differs by less than 1e-12 of it is equal.
        seed: the run's seed.
        resamples: number of bootstrap resamples.

    Returns:
        (p_greater, p_less). Constant d has no standard error: (0, 1) above the margin, (1, 0) below it, (1, 1) on it,
        which leaves the decision to the sign flips.

    Raises:
        SettingsError: fewer than 2 episodes, non-finite values or margin, resamples < 1.

    Source: Efron 1981, Canadian Journal of Statistics 9; Hall 1988, Annals of Statistics 16 (second order in skewness).

    >>> bootstrap_t([1.0, 1.0, 1.0], 0.5)
    (0.0, 1.0)
    """
    d = finite_per_episode(d, "a bootstrap-t test")
    if len(d) < 2 or resamples < 1 or not np.isfinite(margin):
        raise SettingsError(
            "a bootstrap-t test needs 2 episodes, 1 resample and a finite margin; "
            f"got {len(d)}, {resamples} and {margin!r}."
        )
    scale = max(magnitude, abs(margin), float(np.abs(d).max()))
    mean = float(d.mean())
    if float(np.ptp(d)) <= CONSTANT * scale:
        distance = mean - margin
        on = abs(distance) <= CONSTANT * scale
        return (1.0, 1.0) if on else (0.0, 1.0) if distance > 0.0 else (1.0, 0.0)
    greater, less = tail_shares((d - mean)[None], np.array([mean - margin]), _counts(len(d), seed, resamples))
    return float(greater[0]), float(less[0])


def farthest_t(resamples: int = RESAMPLES) -> float:
    """Return the distance T, in standard errors, beyond which resamples of no spread say nothing any more.

    Where a few episodes carry all the spread, a resample that misses them has next to no standard error, and a t* that
    grows without bound as the spread of the rest goes to 0. Such a t* says that a sample which shows no outlier may
    miss the mean by any number of its own standard errors. It does not say that it may miss it by any distance: it
    misses it by what the outliers add, which the sample at hand does show. Without T, one outlier among n episodes
    keeps p at (1 - 1/n)^n = 0.37 and above, however far the bound.

    How far can the mean be? Be values equal but for rare outliers of one size. A sample that shows k of them has mean k
    and standard error sqrt(k), in units of an outlier's share; with l expected it is l, and t = (k - l) / sqrt(k). At
    t = -T the chance to see k or fewer is largest for k = 1: P(Poisson(1 + T) <= 1) = (2 + T) exp(-1 - T). T is where
    that chance is the smallest p-value that so many resamples can give:

        (2 + T) exp(-1 - T) = 1 / (1 + resamples).

    So up to T the resamples without an outlier count, as they must: t is then what skewness alone can bring about.
    Beyond it they cannot, at any level that this test resolves. Only p-values with |t| > T depend on it. A sample that
    shows no outlier at all is no safer than it was: nothing tells of what it misses.

    >>> round(farthest_t(), 2)
    10.76
    """
    return float(stats.gamma.isf(1.0 / (1.0 + resamples), 2.0)) - 1.0  # P(Poisson(l) <= 1) = P(Gamma(2) > l)


@lru_cache(maxsize=4)
def _counts(n: int, seed: int, resamples: int) -> NDArray[np.int64]:
    """Return how often each episode is in each resample, (resamples, n): the same in all tests of n episodes."""
    counts = stream(seed, "bootstrap t").multinomial(n, np.full(n, 1.0 / n), size=resamples)
    counts.flags.writeable = False
    return counts


def resampled_t(x: Floats, seed: int, resamples: int) -> Floats:
    """Return t* of each resample, (resamples, studies), for centred differences (studies, n), none constant."""
    return _star(x / np.abs(x).max(axis=1)[:, None], _counts(x.shape[1], seed, resamples))


def tail_shares(x: Floats, distance: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return both p-values of several studies from the same resamples.

    Args:
        x: centred differences, (studies, n), none constant.
        distance: their means minus the margin, (studies,).
        counts: how often each episode is in each resample, (resamples, n).

    Returns:
        (p_greater, p_less), each (studies,). A resample of equal episodes has a standard error of 0 and the t* that
        counts farthest, plus or minus T.
    """
    n, scale = x.shape[1], np.abs(x).max(axis=1)
    x = x / scale[:, None]
    t = distance / scale / np.sqrt((x**2).mean(axis=1) / (n - 1))
    star = _star(x, counts)
    tie = TIE * np.maximum(1.0, np.abs(t))
    above, below = (star >= t - tie).sum(axis=0), (star <= t + tie).sum(axis=0)
    return (1.0 + above) / (1.0 + len(counts)), (1.0 + below) / (1.0 + len(counts))


def _star(x: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return t* of each resample for differences scaled into [-1, 1]."""
    n = x.shape[1]
    mean = counts @ x.T / n
    variance = counts @ (x**2).T / n - mean**2
    error = np.sqrt(np.where(variance > CONSTANT, variance, 0.0) / (n - 1))
    sign = np.where(np.abs(mean) > CONSTANT, np.sign(mean), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        star = np.where(error > 0.0, mean / error, np.where(sign == 0.0, 0.0, sign * np.inf))
    farthest = farthest_t(len(counts))
    return np.asarray(np.clip(star, -farthest, farthest))
