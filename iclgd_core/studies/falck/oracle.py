"""The gaps of the Beta-Bernoulli predictive, which has none."""

from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.stats.martingale import BetaBernoulli, exchangeability_gap, two_step_gap

GAPS = ("two-step", "exchangeability")
LARGEST_N = 40


@dataclass(frozen=True, eq=False)
class OracleStudy:
    """Largest size of a gap over all numbers of ones.

    Attributes:
        largest: by number of outcomes, in words.
        gap: one of GAPS.
    """

    largest: dict[str, float]
    gap: str

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: all gaps are rounding, or a mistake."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"gap": self.gap, "largest_n": LARGEST_N, "prior": [1, 1]}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {"largest": dict(self.largest)}


def oracle_study(gap: str) -> OracleStudy:
    """Ask the oracle behind every number of ones among 0..LARGEST_N outcomes.

    Args:
        gap: one of GAPS.
    """
    statistic = two_step_gap if gap == "two-step" else exchangeability_gap
    largest = {}
    for n in range(LARGEST_N + 1):
        rows = [BetaBernoulli().behind(ones, n - ones) for ones in range(n + 1)]
        now = [row.next_is_one for row in rows]
        behind_zero, behind_one = ([row.behind(z, 1 - z).next_is_one for row in rows] for z in (0, 1))
        largest[f"n = {n}"] = float(np.abs(statistic(now, behind_zero, behind_one)).max())
    return OracleStudy(largest, gap)
