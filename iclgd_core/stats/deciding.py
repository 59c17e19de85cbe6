"""The interval that decides: its ends invert the deciding test, at the level that the correction left it."""

import math
from dataclasses import replace

from iclgd_core.evidence.interval import Interval, Inversion
from iclgd_core.evidence.outcome import Ends, Outcome


def ends_at_every_step(outcome: Outcome, family_size: int, alpha: float) -> Outcome:
    """Return the outcome as plain data: with its ends at alpha / k for k = 1, ..., family_size, without the inversion.

    Which of them decide is known when Holm's correction has seen the whole family (see `decided`).
    """
    if outcome.inversion is None:
        return outcome
    ends = tuple(_ends(outcome, outcome.inversion, k, alpha) for k in range(1, family_size + 1))
    return replace(outcome, inversion=None, ends=ends)


def decided(outcome: Outcome, step: int, rejected: bool, alpha: float) -> Outcome:
    """Return the outcome with the interval that decides.

    Both ends are one-sided bounds at level a: alpha / k of the test that has the smaller p-value, divided further among
    the tests that share a refuting level. Together they are an interval of confidence 1 - 2a. What the test rejects is
    outside. So the interval lies on the claim's side of the bound where the verdict is `supported`, on the other side
    where it is `refuted`, and reaches the bound where it is neither. A tie with the bound, up to rounding, follows the
    test.

    Args:
        outcome: of a rule with tests; one whose ends at this step are not known gets no interval.
        step: the divisor k at which Holm's correction decided on the test with the smaller p-value (`holm_steps`).
        rejected: whether that test rejects.
        alpha: level of the family.
    """
    if outcome.inversion is not None:
        level, ends = _ends(outcome, outcome.inversion, step, alpha)
    elif step <= len(outcome.ends):
        level, ends = outcome.ends[step - 1]
    else:
        return replace(outcome, ends=())
    low, high = (-math.inf if ends[0] is None else ends[0], math.inf if ends[1] is None else ends[1])
    held = _plain(_held(low, high, _side(outcome), rejected))
    return replace(outcome, inversion=None, ends=(), deciding_interval=held, deciding_level=level)


def _ends(outcome: Outcome, inversion: Inversion, k: int, alpha: float) -> tuple[float, Ends]:
    level = alpha / (k * inversion.shares if outcome.leans_to_refuted else k)
    return level, _plain(inversion.bounds(level))


def _plain(interval: Interval) -> Ends:
    low, high = interval
    return low if math.isfinite(low) else None, high if math.isfinite(high) else None


def _side(outcome: Outcome) -> Interval:
    """Return the open interval in which the test with the smaller p-value, if it rejects, says the mean to be."""
    bound, refuting = outcome.threshold, outcome.leans_to_refuted
    if outcome.kind.removeprefix("every ") != "equivalent":
        return (-math.inf, bound) if refuting else (bound, math.inf)
    if not refuting:
        return -bound, bound
    return (bound, math.inf) if (outcome.estimate or 0.0) > 0.0 else (-math.inf, -bound)


def _held(low: float, high: float, side: Interval, rejected: bool) -> Interval:
    """Move an end that ties with the bound to where the test has it: inside the side, or onto its edge."""
    least, most = side
    if rejected:
        low = max(low, math.nextafter(least, math.inf)) if math.isfinite(least) else low
        high = min(high, math.nextafter(most, -math.inf)) if math.isfinite(most) else high
    elif least < low and high < most:
        low, high = (least, high) if low - least <= most - high else (low, most)
    return low, high
