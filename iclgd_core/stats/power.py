"""Power of a one-sided paired t-test: how many episodes, or how large an effect."""

import math

from scipy import optimize, stats

from iclgd_core.errors import SettingsError

POWER = 0.9
"""Probability with which a stated minimum effect is to be detected."""

EQUIVALENCE_POWER = 1.0 - (1.0 - POWER) / 2.0
"""Power of each of the two one-sided tests, so that both reject with probability POWER where the truth is 0."""

SMALLEST_EFFECT = 1e-9
"""Smallest effect, in standard deviations, that a number of episodes is given for: it takes 10^19."""


def power_of(n: int, effect_in_sd: float, alpha: float = 0.05) -> float:
    """Return the power of the one-sided paired t-test.

        power = P( T > t_{1 - alpha, n - 1} ),   T noncentral t with n - 1 degrees of freedom and
                                                 noncentrality effect_in_sd sqrt(n)

    Used as an approximation for `one_sided`, which has nearly the same power for normal differences.

    Args:
        n: episodes, >= 2.
        effect_in_sd: true distance from the margin in standard deviations of the paired difference, >= 0.
        alpha: level of the test.

    >>> round(power_of(10, 1.0), 3)
    0.898
    """
    df = n - 1
    return float(stats.nct.sf(stats.t.isf(alpha, df), df, effect_in_sd * math.sqrt(n)))


def episodes_needed(sd: float, effect: float, alpha: float = 0.05, power: float = 0.9) -> int:
    """Return the smallest n >= 2 with which a one-sided paired t-test has the power asked for.

    Args:
        sd: standard deviation of the paired difference over episodes, >= 0; 0 gives 2.
        effect: true distance from the margin that is to be detected, > 0.
        alpha: level of the test, in (0, 1).
        power: probability of detecting the effect, in (alpha, 1).

    Raises:
        SettingsError: an argument outside its range, or an effect below 1e-9 sd (about 10^19 episodes).

    >>> episodes_needed(sd=1.0, effect=0.5)
    36
    """
    _check(sd, alpha, power)
    if not (math.isfinite(effect) and effect > 0.0):
        raise SettingsError(f"the effect to be detected is a distance > 0; got {effect!r}.")
    if sd == 0.0:
        return 2
    if effect < SMALLEST_EFFECT * sd:
        raise SettingsError(f"an effect of {effect!r} is lost in a deviation of {sd!r}; ask for a larger one.")
    size = min(effect / sd, 1e9)
    low, high = 1, 2
    while power_of(high, size, alpha) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(middle, size, alpha) >= power else (middle, high)
    return high


def minimum_detectable_effect(sd: float, n: int, alpha: float = 0.05, power: float = 0.9) -> float:
    """Return the smallest effect that a one-sided paired t-test on n episodes detects with the power given.

    The inverse of `episodes_needed`, in the units of sd. Zero where sd is zero.

    Args:
        sd: standard deviation of the paired difference over episodes, >= 0.
        n: episodes, >= 2.
        alpha: level of the test, in (0, 1).
        power: probability of detecting the effect, in (alpha, 1).

    Raises:
        SettingsError: an argument outside its range.

    >>> round(minimum_detectable_effect(sd=1.0, n=36), 2)
    0.5
    """
    _check(sd, alpha, power)
    if n < 2:
        raise SettingsError(f"a paired test needs at least 2 episodes; got {n}.")
    if sd == 0.0:
        return 0.0
    high = 1.0
    while power_of(n, high, alpha) < power:
        high *= 2.0
    found = optimize.brentq(lambda size: power_of(n, size, alpha) - power, 0.0, high, xtol=1e-12)
    return float(sd * found)


def _check(sd: float, alpha: float, power: float) -> None:
    if not (math.isfinite(sd) and sd >= 0.0):
        raise SettingsError(f"a standard deviation is finite and >= 0; got {sd!r}.")
    if not 0.0 < alpha < power < 1.0:
        raise SettingsError(f"power needs 0 < alpha < power < 1; got alpha {alpha!r} and power {power!r}.")
