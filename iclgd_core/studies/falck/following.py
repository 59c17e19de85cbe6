"""Does a prediction follow the data? A predictor that ignores its data is a martingale too, so the claims ask it first.

The property says that data move the prediction without a drift, not that they move it at all. A Beta-Bernoulli
predictive predicts 1 with higher probability behind more ones. Not every Bayesian does: an exact posterior over GINC
that is sure of the HMM has no more to learn from an outcome. So a prediction that does not follow the data speaks
neither for nor against Bayes. Added after numbers had been seen; all it can do is take a verdict away.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.stats import one_sided

LEVEL = 0.05
"""Level of the test that the prediction follows the data."""
CHANCE, ONES = "predicted chance of 1", "share of 1 in the data"
"""Names of a study's numbers by which its prediction is seen to follow the data."""


def following(chance: ArrayLike, ones: ArrayLike) -> dict[str, Json]:
    """Return how a prediction goes with the share of ones, and the p-value of the test that it follows it.

        c_i = (p_i(1) - mean p(1)) (share_i - mean share),    tested: mean(c) > 0, the covariance over coins

    Both are centred over all coins: probabilities take turns and labels are shuffled, so that without learning from
    the data nothing ties one to the other. The tests are those of `one_sided`.

    Args:
        chance: p(Z_{n+1} = 1 | D), (coins,), at least 2.
        ones: share of 1 in D, (coins,).

    Raises:
        SettingsError: fewer than 2 coins, or values that are not finite.
    """
    p, share = np.asarray(chance, dtype=np.float64), np.asarray(ones, dtype=np.float64)
    products = (p - p.mean()) * (share - share.mean())
    varies = np.ptp(p) > 0.0 and np.ptp(share) > 0.0
    return {
        "correlation_of_chance_and_share": float(np.corrcoef(p, share)[0, 1]) if varies else None,
        "covariance_of_chance_and_share": float(products.mean()),
        "p_of_following_the_data": one_sided(products, 0.0, magnitude=1.0)[0],
    }


def if_it_follows(outcome: Outcome, study: Study) -> Outcome:
    """Return the outcome, without a verdict unless the study's prediction follows the data; its numbers are kept.

    Args:
        outcome: of a claim about the martingale property.
        study: the study behind it, with p(Z_{n+1} = 1 | D) as CHANCE and the share of 1 in D as ONES, (coins,) each.

    Raises:
        SettingsError: a prediction that is not finite, where the outcome is not undefined for it already.
    """
    if outcome.undefined:
        return outcome
    found = following(study[CHANCE], study[ONES])
    p = found["p_of_following_the_data"]
    if isinstance(p, float) and p <= LEVEL:
        return outcome
    r = found["correlation_of_chance_and_share"]
    correlation = "none, one of them is constant" if not isinstance(r, float) else f"{r:.2f}"
    numbers = f"correlation of p(1) with the share of ones {correlation}; one-sided p = {p:.2g}, n = {len(study[ONES])}"
    why = f"the prediction does not follow the data ({numbers}), and a predictor that ignores its data is a martingale"
    return replace(outcome, undefined=f"{why} too")
