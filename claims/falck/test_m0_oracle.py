"""M0  A Bayesian predictor satisfies the martingale property exactly.

Source: arXiv 2406.00793, section 2 (the martingale property, necessary for exchangeability).
Quantity: of the Beta(1, 1)-Bernoulli predictive, behind every number of ones among n = 0..40 outcomes: size of the
    two-step gap, | p(Z_{n+2} = 1 | D) - p(Z_{n+1} = 1 | D) |, and of the exchangeability gap, | p(0, 1 | D) - p(1, 0
    | D) |; for binary outcomes the two are the same number.
Rule: deterministic, every n below 1e-12.
Bound 1e-12: float64 rounding (1e-16) of a few products.
Refuted by: a posterior with a gap. It is the control of M1 to M5: what the instruments find on a Bayesian.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import FALCK
from iclgd_core.evidence.study import Judge
from iclgd_core.stats import below
from iclgd_core.studies.falck.oracle import GAPS, oracle_study

BOUND = 1e-12


@claim(
    "M0",
    FALCK.at("section 2"),
    "The Beta-Bernoulli predictive has neither a two-step gap nor an exchangeability gap.",
    brief="The Beta-Bernoulli predictive has no gaps",
    refuted_by="a number of outcomes behind which the predictive has a gap beyond rounding",
    needs_icl=False,
    measures="two-step and exchangeability gaps of the Beta-Bernoulli predictive",
)
@pytest.mark.parametrize("gap", GAPS)
def test_a_bayesian_is_a_martingale(judge: Judge, gap: str) -> None:
    study = oracle_study(gap)
    judge(below(study.numbers, BOUND, quantity=f"largest {gap} gap", unit="number of outcomes"), study)
