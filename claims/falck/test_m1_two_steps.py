"""M1  ICL satisfies the martingale property: one step ahead and two steps ahead it predicts the same.

Source: arXiv 2406.00793, section 2; exact for binary outcomes, so nothing is sampled but the data.
Quantity: size of the gap | p(Z_{n+2} = 1 | D) - p(Z_{n+1} = 1 | D) | with p(Z_{n+2} = 1 | D) = sum_z p(z | D) p(1 |
    D, z), behind n outcomes; the same input x everywhere, two of its labels as outcomes 0 and 1, the prediction
    restricted to them. One number a coin (an input, its two likeliest labels, a probability 0.3, 0.5 or 0.7, data
    drawn with it). For binary outcomes this is also the exchangeability gap | p(0, 1 | D) - p(1, 0 | D) |.
Rule: mean over coins < 0.01, that is 0 - gap > -0.01, one-sided tests (sign flips and bootstrap-t, both must reject);
    Holm over n.
Tolerance 0.01: under half of what one more outcome moves the Beta(1, 1) predictive behind 20 (0.023); a Bayesian's
    gap is 0 exactly (M0).
Minimum effect: a gap of 0, at the distance 0.01.
Refuted by: a mean gap beyond 0.01: not the predictive of any Bayesian about exchangeable outcomes.
Deviation: the paper samples paths (M3 to M5) with n = 20, 50, 100; a context of 256 tokens holds 42 outcomes at k =
    5.
Guard: a predictor that ignores its data is a martingale too. So there is no verdict unless the prediction follows the
    data: covariance over coins of p(Z_{n+1} = 1 | D) with the share of ones in D > 0, the same tests, level 0.05. Added
    after numbers had been seen; it can only take a verdict away. It says nothing against Bayes: an exact posterior
    that is sure of the HMM (M1b) need not follow such data either.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import FALCK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.falck.following import if_it_follows
from iclgd_core.studies.falck.steps import step_study

TOLERANCE = 0.01
OUTCOMES = (8, 20)
DEVIATION = "exact two steps in place of sampled paths; symbols of the model's own language as outcomes"


@claim(
    "M1",
    FALCK.at("section 2"),
    "ICL predicts the outcome after next as it predicts the next one, within 0.01, as a Bayesian must.",
    brief="ICL predicts two steps ahead as a Bayesian",
    refuted_by="a mean gap between the two predictions of more than 0.01",
    measures="martingale property, two steps",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("outcomes", OUTCOMES)
def test_icl_predicts_two_steps_ahead_as_one(lab: Lab, judge: Judge, outcomes: int) -> None:
    study = step_study(lab, outcomes)
    outcome = paired_greater(
        np.zeros_like(study["two-step gap"]),
        study["two-step gap"],
        margin=-TOLERANCE,
        quantity=f"0 - size of the two-step gap of ICL behind {outcomes} outcomes",
        minimum_effect=TOLERANCE,
    )
    judge(if_it_follows(outcome, study), study, deviation=DEVIATION)
