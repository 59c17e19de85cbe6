"""Bootstrap intervals over episodes: of a mean, and of a ratio of means."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.seeds import stream
from iclgd_core.stats.per_episode import Floats, finite_per_episode
from iclgd_core.stats.resampling import CONSTANT, RESAMPLES, rounded_mean


def mean_interval(
    x: ArrayLike, level: float = 0.95, seed: int = 0, *, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated (BCa) bootstrap interval of the mean of x.

    Episodes are resampled with replacement. The data are centred and scaled before, which the interval of a
    mean follows exactly, so that very large or very small values cost no precision.

    Args:
        x: one value per episode, (n,), n >= 2, finite.
        level: coverage, in (0, 1).
        seed: the run's seed; the same seed gives the same interval.
        resamples: number of bootstrap resamples.

    Returns:
        (low, high), within [min x, max x]. Constant data (spread below 1e-12 of the magnitude) give (v, v), v
        their mean: there is no variation from which an error could be estimated.

    Raises:
        SettingsError: fewer than 2 episodes, non-finite values, a level outside (0, 1), resamples < 1.

    Source: Efron 1987, JASA 82; coverage falls short of `level` for n below about 20.

    >>> mean_interval([0.25, 0.25, 0.25])
    (0.25, 0.25)
    """
    x = _enough(finite_per_episode(x, "an interval of a mean"), level, resamples)
    magnitude = float(np.abs(x).max())
    if float(np.ptp(x)) <= CONSTANT * magnitude:
        v = float(x.mean())
        return v, v
    centre = float(x.mean())
    scale = float(np.abs(x - centre).max())
    found = stats.bootstrap(
        ((x - centre) / scale,),
        rounded_mean,
        confidence_level=level,
        n_resamples=resamples,
        method="BCa",
        vectorized=True,
        rng=stream(seed, "bootstrap"),
    ).confidence_interval
    low, high = (centre + scale * float(end) for end in (found.low, found.high))
    return max(low, float(x.min())), min(high, float(x.max()))


def ratio_interval(
    numerator: ArrayLike,
    denominator: ArrayLike,
    level: float = 0.95,
    seed: int = 0,
    *,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of mean(numerator) / mean(denominator), or None.

    Episodes are resampled in pairs (cluster bootstrap), so the dependence between numerator and denominator
    is kept. A resample whose mean denominator is 0 or has another sign than the observed one says that the
    ratio could be anything: it counts as -infinity for the lower end and as +infinity for the upper end.

    Args:
        numerator: one value per episode, (n,), n >= 2, finite.
        denominator: likewise, of the same episodes.
        level: coverage, in (0, 1).
        seed: the run's seed.
        resamples: number of bootstrap resamples.

    Returns:
        (low, high), both finite; None where the sign of the denominator is not stable over resamples: a share
        of more than about (1 - level) / 2 leaves it open, so that an end would be infinite, or the
        observed mean itself is 0. The ratio is then undefined. As with Fieller's theorem, the ends exist
        where the denominator differs from 0 at the same level.

    Raises:
        SettingsError: different lengths, fewer than 2 episodes, non-finite values, a level outside (0, 1),
            resamples < 1.

    >>> ratio_interval([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    (0.5, 0.5)
    >>> ratio_interval([1.0, 2.0], [-1.0, 1.0]) is None
    True
    """
    x = _enough(finite_per_episode(numerator, "the numerator of a ratio"), level, resamples)
    y = finite_per_episode(denominator, "the denominator of a ratio")
    if x.shape != y.shape:
        raise SettingsError(f"both sides of a ratio need the same episodes; got {len(x)} and {len(y)}.")
    n = len(x)
    counts = stream(seed, "ratio bootstrap").multinomial(n, np.full(n, 1.0 / n), size=resamples)
    top, bottom = (counts * x).mean(axis=1), (counts * y).mean(axis=1)
    sign = np.sign(y.mean()) if abs(y.mean()) > CONSTANT * np.abs(y).max() else 0.0
    stable = bottom * sign > CONSTANT * np.abs(y).max()
    ratio = top / np.where(stable, bottom, 1.0)
    tail = (1.0 - level) / 2.0
    low = float(np.quantile(np.where(stable, ratio, -np.inf), tail, method="lower"))
    high = float(np.quantile(np.where(stable, ratio, np.inf), 1.0 - tail, method="higher"))
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None


def _enough(x: Floats, level: float, resamples: int) -> Floats:
    if not 0.0 < level < 1.0:
        raise SettingsError(f"the level of an interval lies between 0 and 1; got {level!r}.")
    if resamples < 1:
        raise SettingsError(f"a bootstrap needs at least 1 resample; got {resamples}.")
    if len(x) < 2:
        raise SettingsError(f"an interval needs at least 2 episodes; got {len(x)}.")
    return x
