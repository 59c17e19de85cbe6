"""Decision rule for very few units: Student's t, which buys power with an assumption that they cannot check."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.interval import Interval, Inversion
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.stats.per_episode import per_episode
from iclgd_core.stats.power import episodes_needed
from iclgd_core.stats.resampling import CONSTANT

LEVEL = 0.95
ALPHA, POWER = 0.05, 0.9


def paired_t(d: ArrayLike, *, margin: float, quantity: str, unit: str, minimum_effect: float | None = None) -> Outcome:
    """Judge the statement mean(d) > margin by one-sided t tests on few paired units, such as pretraining seeds.

        t = (mean(d) - margin) / (s / sqrt(n)),   p_supported = P(T_{n-1} >= t),   p_refuted = P(T_{n-1} <= t)

    The interval is the 95% t interval of mean(d). Below 5 units sign flips cannot reach 0.05 (the smallest p of n
    units is 2^-n: 0.125 for 3), so `paired_greater` could not be anything but inconclusive; the t test can, if the
    differences are normal, which 3 numbers cannot show. `method` says how many have the sign of the statement.

    Args:
        d: one paired difference a unit, (n,).
        margin: the threshold that mean(d) must exceed.
        quantity: what d is, in words.
        unit: what a unit is, in the singular.
        minimum_effect: distance of the true mean from the margin that is worth detecting, > 0, for planning.

    Returns:
        The outcome, of kind "greater, t"; without a verdict where n < 2, a value is not finite, or all are equal: then
        there is no spread to judge by.

    Raises:
        SettingsError: d not one-dimensional, a margin that is not finite, a minimum effect that is not positive.

    >>> outcome = paired_t([1.0, 2.0, 3.0], margin=0.0, quantity="difference", unit="seed")
    >>> round(outcome.p_supported, 4), [round(end, 2) for end in outcome.interval]
    (0.0371, [-0.48, 4.48])
    """
    d = per_episode(d, "a t test")
    if not math.isfinite(margin):
        raise SettingsError(f"the margin of a test must be finite; got {margin!r}.")
    if minimum_effect is not None and not (math.isfinite(minimum_effect) and minimum_effect > 0.0):
        raise SettingsError(f"the minimum effect is a distance > 0 from the margin; got {minimum_effect!r}.")
    n = len(d)
    rule = f"mean paired difference over {unit}s > {margin:g}, one-sided t tests"
    why = _why_undefined(d, unit)
    if why:
        blank = Outcome.without_verdict(quantity, rule, float(margin), n, why)
        return replace(blank, unit=unit, kind="greater, t", margin=float(margin), minimum_effect=minimum_effect)
    scale = float(np.abs(d).max())
    mean, spread = float(d.mean()), float((d / scale).std(ddof=1))  # in units of the largest: squares cannot underflow
    sd, error = spread * scale, spread * scale / math.sqrt(n)
    t = (mean - margin) / scale / (spread / math.sqrt(n))

    def bounds(level: float) -> Interval:
        half = float(stats.t.isf(level, n - 1)) * error
        return mean - half, mean + half

    beyond = int((d > margin).sum())
    return Outcome(
        quantity=quantity,
        rule=rule,
        estimate=mean,
        interval=bounds((1.0 - LEVEL) / 2.0),
        threshold=float(margin),
        n=n,
        unit=unit,
        method=f"95% t interval, {n - 1} degrees of freedom; {beyond} of {n} beyond the margin",
        p_supported=float(stats.t.sf(t, n - 1)),
        p_refuted=float(stats.t.cdf(t, n - 1)),
        planned=None if minimum_effect is None else max(2, episodes_needed(sd, minimum_effect, ALPHA, POWER)),
        sd=sd,
        minimum_effect=minimum_effect,
        distance=abs(mean - margin),
        kind="greater, t",
        margin=float(margin),
        values=tuple(d.tolist()),
        inversion=Inversion(bounds),
    )


def _why_undefined(d: np.ndarray[tuple[int, ...], np.dtype[np.float64]], unit: str) -> str:
    if len(d) < 2:
        return f"a t test needs at least 2 {unit}s, got {len(d)}"
    bad = int((~np.isfinite(d)).sum())
    if bad:
        return f"{bad} of {len(d)} values are not finite"
    if float(np.ptp(d)) <= CONSTANT * float(np.abs(d).max()):
        return f"all {len(d)} {unit}s have the same difference, so there is no spread to judge by"
    return ""
