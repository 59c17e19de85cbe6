"""The interval of a difference, from the two intervals alone."""

import math

Interval = tuple[float, float]


def interval_of_difference(
    before: float, before_interval: Interval, after: float, after_interval: Interval
) -> Interval | None:
    """Return the 95% interval of `after - before`, from the 95% interval of each.

    With d = b - a, a in [la, ua], b in [lb, ub]: low = d - sqrt((b - lb)^2 + (ua - a)^2) and
    high = d + sqrt((ub - b)^2 + (a - la)^2): half-widths in quadrature, each side apart, so that asymmetric
    intervals stay asymmetric (method of variance estimates recovery; Zou and Donner, Statistics in Medicine 27,
    2008). It assumes that the two estimates are independent. Runs of the same model with the same seed share their
    episodes and are positively correlated: for them the interval is too wide, so that an effect said to have moved has.

    An estimate outside its interval has half-width 0 on that side. None if a bound is not finite.

    >>> interval_of_difference(0.0, (-3.0, 3.0), 10.0, (6.0, 14.0))
    (5.0, 15.0)
    """
    down = math.hypot(max(0.0, after - after_interval[0]), max(0.0, before_interval[1] - before))
    up = math.hypot(max(0.0, after_interval[1] - after), max(0.0, before - before_interval[0]))
    low, high = after - before - down, after - before + up
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
