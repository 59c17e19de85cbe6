"""Closure: how much of the way from doing nothing to ICL itself a learner goes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Floats
from iclgd_core.stats.intervals import mean_interval, ratio_interval
from iclgd_core.stats.resampling import RESAMPLES


@dataclass(frozen=True)
class Closure:
    """Closure of a learner, or why it has none.

    Attributes:
        value: the closure; None if undefined.
        interval: 95% cluster bootstrap interval over episodes; None if undefined.
        n: number of episodes.
        undefined: why there is no value; empty if there is.
    """

    value: float | None
    interval: tuple[float, float] | None
    n: int
    undefined: str = ""


def closure(
    learner: ArrayLike, floor: ArrayLike, ceiling: ArrayLike, *, seed: int = 0, resamples: int = RESAMPLES
) -> Closure:
    """Return how near a learner is to ICL, between doing nothing (0) and ICL's nearness to itself (1).

        closure = ( mean A_learner - mean A_floor ) / ( mean A_ceiling - mean A_floor )

    with A one agreement metric with ICL: that of the learner, of zero-shot, and of ICL under another order.

    Args:
        learner: agreement of the learner with ICL, one value per episode, (n,).
        floor: agreement of zero-shot with ICL, of the same episodes.
        ceiling: agreement of ICL with ICL under another order, of the same episodes.
        seed: the run's seed, for the bootstrap over episodes.
        resamples: number of bootstrap resamples.

    Returns:
        The closure, unbounded: below 0 is further from ICL than doing nothing, above 1 nearer than ICL is to
        itself. Independent of the scale and the origin of A, and of its sign, so a distance may stand for an
        agreement. Undefined, with the reason, where n < 2, where the 95% interval of mean(ceiling - floor)
        includes 0, or where the sign of that mean is not stable over resamples.

    Raises:
        SettingsError: different lengths, not one-dimensional, NaN or infinity.

    >>> closure([0.5, 0.5], [0.25, 0.25], [0.75, 0.75])
    Closure(value=0.5, interval=(0.5, 0.5), n=2, undefined='')
    >>> closure([0.5, 0.5], [0.25, 0.25], [0.25, 0.25]).undefined
    'floor and ceiling do not differ: their 95% interval of difference is [0, 0]'
    """
    a, low, high = (_agreement(x, name) for x, name in ((learner, "learner"), (floor, "floor"), (ceiling, "ceiling")))
    n = len(a)
    if not len(low) == len(high) == n:
        raise SettingsError(f"closure needs the same episodes everywhere; got {n}, {len(low)} and {len(high)}.")
    if n < 2:
        return Closure(None, None, n, f"closure needs at least 2 episodes, got {n}")
    gained, whole = a - low, high - low
    start, end = mean_interval(whole, seed=seed, resamples=resamples)
    if start <= 0.0 <= end:
        why = f"floor and ceiling do not differ: their 95% interval of difference is [{start:.3g}, {end:.3g}]"
        return Closure(None, None, n, why)
    interval = ratio_interval(gained, whole, seed=seed, resamples=resamples)
    if interval is None:
        why = "floor and ceiling do not differ: the sign of ceiling minus floor is not stable over episodes"
        return Closure(None, None, n, why)
    return Closure(float(gained.mean() / whole.mean()), interval, n)


def closure_of_agreement(learner: ArrayLike, floor: ArrayLike, ceiling: ArrayLike) -> Closure:
    """Return `closure` of an agreement, where higher is nearer; undefined, too, where the ceiling lies below the floor.

    There ICL in another order is further from ICL than zero-shot is, and no learner is between the two.

    >>> closure_of_agreement([0.5, 0.5], [0.75, 0.75], [0.25, 0.25]).undefined
    'the ceiling lies below the floor: ICL in another order is further from ICL than zero-shot is'
    """
    found = closure(learner, floor, ceiling)
    if found.value is None or _agreement(ceiling, "ceiling").mean() > _agreement(floor, "floor").mean():
        return found
    why = "the ceiling lies below the floor: ICL in another order is further from ICL than zero-shot is"
    return Closure(None, None, found.n, why)


def _agreement(x: ArrayLike, name: str) -> Floats:
    out = np.asarray(x, dtype=np.float64)
    if out.ndim != 1 or not np.isfinite(out).all():
        raise SettingsError(f"{name} needs one finite agreement per episode, (n,); got shape {out.shape}: {out!r:.80}.")
    return out
