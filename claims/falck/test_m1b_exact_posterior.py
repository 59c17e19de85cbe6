"""M1b  A posterior over GINC, read on the same prompts, satisfies the martingale property.

Source: arXiv 2406.00793, section 2, and what it rests on: that a Bayesian passes the test on such prompts.
Quantity, rule and tolerance: those of M1 behind 8 outcomes, of exact posteriors (see X1) in the place of ICL; Holm
    over posteriors. bayes-structure holds outcomes to be exchangeable; bayes-mixture is as Bayesian, but reads the
    prompt as running text, in which the input and the delimiter that the format forces behind each outcome are
    evidence too.
Refuted by: a posterior with a mean gap beyond 0.01. For that posterior, and for a model that is it, M1 refuted would
    then not speak against Bayes, but against exchangeability of such prompts.
Deviation: not in the paper. Judged wherever a model shows ICL that the posterior is to explain.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import FALCK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.falck.steps import step_study

TOLERANCE = 0.01
OUTCOMES = 8
DEVIATION = "a control that the paper does not have"


@claim(
    "M1b",
    FALCK.at("section 2"),
    "An exact posterior over GINC predicts the outcome after next as it predicts the next one, within 0.01.",
    brief="An exact posterior predicts two steps ahead as one",
    refuted_by="an exact posterior with a mean gap of more than 0.01 on these prompts",
    measures="martingale property of the exact posterior",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("posterior", ["bayes-mixture", "bayes-structure"])
def test_an_exact_posterior_is_a_martingale(lab: Lab, judge: Judge, posterior: str) -> None:
    study = step_study(lab, OUTCOMES, posterior)
    outcome = paired_greater(
        np.zeros_like(study["two-step gap"]),
        study["two-step gap"],
        margin=-TOLERANCE,
        quantity=f"0 - size of the two-step gap of {posterior} behind {OUTCOMES} outcomes",
        minimum_effect=TOLERANCE,
    )
    judge(outcome, study, deviation=DEVIATION)
