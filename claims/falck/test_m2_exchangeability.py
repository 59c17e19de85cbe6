"""M2  ICL's prediction of exchangeable outcomes depends on how many there were of each, not on their order.

Source: arXiv 2406.00793, section 2 (exchangeability, for which the martingale property is necessary).
Quantity: mean over 8 orders of the same n outcomes of | p(Z_{n+1} = 1 | D in another order) - p(Z_{n+1} = 1 | D) |,
    one number a coin (see M1). (The gap p(0, 1 | D) - p(1, 0 | D) of the next two outcomes is M1's number: the two
    differ from p(Z_{n+1} = 1) and p(Z_{n+2} = 1) by the same p(1, 1).)
Rule, tolerance 0.01 and minimum effect: those of M1; Holm over n.
Refuted by: a mean change beyond 0.01.
Guard: no verdict unless ICL's prediction behind the data follows the share of ones in them (see M1); added after
    numbers had been seen.
Deviation: the paper tests the martingale property alone; numbers of outcomes as in M1.
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
DEVIATION = "the paper tests the martingale property, which exchangeability implies, alone"


@claim(
    "M2",
    FALCK.at("section 2"),
    "The order of exchangeable outcomes does not change ICL's next prediction, within 0.01, nor may it a Bayesian's.",
    brief="The order of exchangeable outcomes does not matter",
    refuted_by="a mean change of the prediction over orders of more than 0.01",
    measures="exchangeability of the data",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("outcomes", OUTCOMES)
def test_the_order_of_outcomes_does_not_matter(lab: Lab, judge: Judge, outcomes: int) -> None:
    study = step_study(lab, outcomes)
    outcome = paired_greater(
        np.zeros_like(study["order gap"]),
        study["order gap"],
        margin=-TOLERANCE,
        quantity=f"0 - change of ICL's prediction over orders of {outcomes} outcomes",
        minimum_effect=TOLERANCE,
    )
    judge(if_it_follows(outcome, study), study, deviation=DEVIATION)
