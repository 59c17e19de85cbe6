"""An interval, and what a rule's tests reject at any level."""

from collections.abc import Callable
from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Inversion:
    """What a rule's tests reject at any level.

    Attributes:
        bounds: from a level to (low, high): a mean m is rejected from below, p(mean > m) <= level, where m < low, and
            from above where m > high. An end is infinite where the test can reject nothing at that level.
        shares: how many tests share the level of the refuting side, by Bonferroni: 2 for the two sides of an
            equivalence, times the members of a conjunction. The supporting side is never divided.
    """

    bounds: Callable[[float], Interval]
    shares: int = 1
