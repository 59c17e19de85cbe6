"""The gaps of the Beta-Bernoulli predictive, which has none."""

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.stats.martingale import BetaBernoulli, exchangeability_gap, two_step_gap

GAPS = ("two-step", "exchangeability")
LARGEST_N = 40


def oracle_study(gap: str) -> Study:
    """Ask the oracle behind every number of ones among 0..LARGEST_N outcomes.

    Args:
        gap: one of GAPS.

    Returns:
        The largest size of the gap over all numbers of ones, by number of outcomes.
    """
    statistic = two_step_gap if gap == "two-step" else exchangeability_gap
    largest = {}
    for n in range(LARGEST_N + 1):
        rows = [BetaBernoulli().behind(ones, n - ones) for ones in range(n + 1)]
        now = [row.next_is_one for row in rows]
        behind_zero, behind_one = ([row.behind(z, 1 - z).next_is_one for row in rows] for z in (0, 1))
        largest[f"n = {n}"] = np.abs(statistic(now, behind_zero, behind_one)).max()
    details: dict[str, Json] = {"largest": {n: float(size) for n, size in largest.items()}}
    return Study(largest, details, {"gap": gap, "largest_n": LARGEST_N, "prior": [1, 1]})
