"""Decision rules on paired differences: greater by a margin, and equivalent within a margin."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.interval import Inversion
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.stats.confidence import one_sided_bounds
from iclgd_core.stats.intervals import mean_interval
from iclgd_core.stats.one_sided import TESTS, draws_used, one_sided
from iclgd_core.stats.per_episode import Floats, per_episode
from iclgd_core.stats.power import EQUIVALENCE_POWER, POWER, SMALLEST_EFFECT, episodes_needed
from iclgd_core.stats.resampling import CONSTANT, RESAMPLES

ALPHA = 0.05
SMALLEST_N = 5
"""Fewest episodes with which a sign-flip test can reach ALPHA: 2^-5 < 0.05 < 2^-4."""


def paired_greater(
    a: ArrayLike,
    b: ArrayLike,
    *,
    margin: float,
    quantity: str,
    minimum_effect: float | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Outcome:
    """Judge the statement mean(a - b) > margin by one-sided tests on paired episodes.

    With d = a - b, p_supported tests H0: mean(d) <= margin and p_refuted tests H0: mean(d) >= margin
    (`one_sided`); their sum is at least 1. The estimate is mean(d), its interval the 95% `mean_interval`.

    Args:
        a: one value per episode, (n,).
        b: of the same episodes, (n,).
        margin: the threshold that mean(a - b) must exceed.
        quantity: what a - b is, in words.
        minimum_effect: distance of the true mean(a - b) from the margin that is worth detecting, > 0. With
            it, `planned` is the number of episodes that detects it with power 0.9 at level 0.05, from the
            observed standard deviation (ddof 1), and never below 5; None for an effect below 1e-9 of it.
        seed: the run's seed.
        resamples: sign flips and bootstrap resamples.

    Returns:
        The outcome; without a verdict where n < 2 or a value is not finite.

    Raises:
        SettingsError: a and b of different length or not one-dimensional; a margin that is not finite; a
            minimum effect that is not a positive number.

    >>> outcome = paired_greater([2.0] * 6, [1.0] * 6, margin=0.5, quantity="difference")
    >>> outcome.estimate, outcome.p_supported, outcome.p_refuted
    (1.0, 0.015625, 1.0)
    """
    a, b = per_episode(a, "a paired test"), per_episode(b, "a paired test")
    if a.shape != b.shape:
        raise SettingsError(f"both sides of a paired test need the same episodes; got {len(a)} and {len(b)}.")
    _check_margin(margin)
    if minimum_effect is not None and not (math.isfinite(minimum_effect) and minimum_effect > 0.0):
        raise SettingsError(f"the minimum effect is a distance > 0 from the margin; got {minimum_effect!r}.")
    n = len(a)
    rule = f"mean paired difference over episodes > {margin:g}, {TESTS}"
    why = _why_undefined(np.concatenate([a, b]), n)
    if why:
        return replace(
            Outcome.without_verdict(quantity, rule, float(margin), n, why),
            kind="greater",
            margin=float(margin),
            minimum_effect=minimum_effect,
        )
    d = a - b
    magnitude = float(max(np.abs(a).max(), np.abs(b).max()))
    greater, less = one_sided(d, margin, magnitude=magnitude, seed=seed, resamples=resamples)
    return Outcome(
        quantity=quantity,
        rule=rule,
        estimate=float(d.mean()),
        interval=mean_interval(d, seed=seed, resamples=resamples),
        threshold=float(margin),
        n=n,
        method=f"{draws_used(n, resamples)}; 95% bootstrap interval (BCa or percentile, expanded)",
        p_supported=greater,
        p_refuted=less,
        planned=None if minimum_effect is None else _planned(d, minimum_effect, POWER),
        sd=_sd(d),
        minimum_effect=minimum_effect,
        distance=abs(float(d.mean()) - margin),
        kind="greater",
        margin=float(margin),
        values=tuple(d.tolist()),
        inversion=Inversion(one_sided_bounds(d, seed=seed, resamples=resamples)),
    )


def paired_equivalent(
    d: ArrayLike, *, margin: float, quantity: str, seed: int = 0, resamples: int = RESAMPLES
) -> Outcome:
    """Judge the statement |mean(d)| < margin by two one-sided tests (TOST).

        p_supported = max( p of mean(d) > -margin, p of mean(d) < margin )
        p_refuted   = min( 1, 2 min( p of mean(d) > margin, p of mean(d) < -margin ) )

    The first needs no correction because both tests must reject; the second is Bonferroni's over the two
    sides. The estimate is mean(d); its interval is that of `mean_interval` at 95%, although the test at level
    0.05 corresponds to a 90% interval.

    Args:
        d: paired differences, one per episode, (n,).
        margin: how far from 0 still counts as equivalent, > 0.
        quantity: what d is, in words.
        seed: the run's seed.
        resamples: sign flips and bootstrap resamples.

    Returns:
        The outcome; without a verdict where n < 2 or a value is not finite. `planned` is the number of
        episodes that supports a true difference of 0 with power 0.9, from the observed standard deviation
        (each side is given power 0.95), and never below 5.

    Raises:
        SettingsError: d not one-dimensional; a margin that is not a positive number.

    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15.

    >>> paired_equivalent([0.0] * 6, margin=0.1, quantity="difference").p_supported
    0.015625
    """
    d = per_episode(d, "an equivalence test")
    _check_margin(margin)
    if margin <= 0.0:
        raise SettingsError(f"the margin of equivalence is a distance > 0; got {margin!r}.")
    n = len(d)
    rule = f"|mean difference over episodes| < {margin:g}, twice {TESTS}"
    why = _why_undefined(d, n)
    if why:
        return replace(
            Outcome.without_verdict(quantity, rule, float(margin), n, why),
            kind="equivalent",
            margin=float(margin),
            minimum_effect=float(margin),
        )
    above_lower, below_lower = one_sided(d, -margin, seed=seed, resamples=resamples)
    above_upper, below_upper = one_sided(d, margin, seed=seed, resamples=resamples)
    return Outcome(
        quantity=quantity,
        rule=rule,
        estimate=float(d.mean()),
        interval=mean_interval(d, seed=seed, resamples=resamples),
        threshold=float(margin),
        n=n,
        method=f"TOST with {draws_used(n, resamples)}; 95% bootstrap interval (BCa or percentile, expanded)",
        p_supported=max(above_lower, below_upper),
        p_refuted=min(1.0, 2.0 * min(above_upper, below_lower)),
        planned=_planned(d, margin, EQUIVALENCE_POWER),
        sd=_sd(d),
        minimum_effect=float(margin),
        distance=abs(margin - abs(float(d.mean()))),
        kind="equivalent",
        margin=float(margin),
        values=tuple(d.tolist()),
        inversion=Inversion(one_sided_bounds(d, seed=seed, resamples=resamples), shares=2),
    )


def _check_margin(margin: float) -> None:
    if not math.isfinite(margin):
        raise SettingsError(f"the margin of a test must be finite; got {margin!r}.")


def _why_undefined(values: Floats, n: int) -> str:
    bad = int((~np.isfinite(values)).sum())
    if bad:
        return f"{bad} of {len(values)} values are not finite"
    return f"a paired test needs at least 2 episodes, got {n}" if n < 2 else ""


def _planned(d: Floats, effect: float, power: float) -> int | None:
    """Return the episodes that detect `effect`; None where it is lost in the noise altogether."""
    sd = _sd(d)
    if effect < SMALLEST_EFFECT * sd:
        return None
    return max(SMALLEST_N, episodes_needed(sd, effect, ALPHA, power))


def _sd(d: Floats) -> float:
    """Return the standard deviation (ddof 1), 0 where the spread is rounding."""
    constant = float(np.ptp(d)) <= CONSTANT * float(np.abs(d).max())
    return 0.0 if constant else float(d.std(ddof=1))
