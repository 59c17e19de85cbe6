"""X2  ICL is the Bayes predictor: an exact posterior is as near to ICL as ICL is to itself.

Source: arXiv 2111.02080, sections 2 and 3 (ICL as implicit Bayesian inference over the pretraining mixture).
Quantity: agreement with ICL with 8 demonstrations (Token Overlap K = 10; bounded overlap cosine; 1 - Jensen-Shannon,
    base 2), the posterior minus ICL in another order. Floor (zero-shot), ceiling and closure are reported.
    bayes-mixture reads the prompt as pretraining text, delimiters included, with a restart rate of the state that is
    the nearest to ICL on tuning episodes (the limit of no restarts is a choice, and reported). bayes-structure knows
    that examples are independent given HMM and start slot.
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    posteriors and agreements.
Margin 0.02: that of S2: one token of the top ten, in one query of five.
Minimum effect: a posterior that is as near as ICL itself, 0.02 from the bound.
Combines: one of the posteriors is enough, by every agreement: the account names a Bayesian, not which.
Refuted by: a posterior that agrees with ICL by at least 0.02 less than ICL with itself.
Deviation: the paper shows that accuracy behaves as the theory says; it does not compare distributions.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.xie.bayes_agreement import bayes_study

MARGIN = -0.02
MINIMUM_EFFECT = 0.02
DEVIATION = "the paper compares accuracies, not distributions"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # GD is not the posterior, here and below
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,  # no GD is read, here and for zero-shot
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
    Mutation.ICL_AS_POSTERIOR: Verdict.SUPPORTED,
    Mutation.ZERO_SHOT_AS_POSTERIOR: Verdict.REFUTED,  # the floor
}


@claim(
    "X2",
    XIE.at("sections 2 and 3"),
    "ICL agrees with an exact Bayesian posterior as it agrees with itself in another order, within 0.02.",
    brief="ICL agrees with exact Bayes as with itself",
    combines="any of posterior",
    refuted_by="a posterior that agrees with ICL by at least 0.02 less than ICL does with itself",
    mutations=MUTATIONS,
    measures="agreement of the exact Bayesian predictor",
    needs=Needs(posterior=True),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
@pytest.mark.parametrize("posterior", ["bayes-mixture", "bayes-structure"])
def test_icl_is_the_bayes_predictor(lab: Lab, judge: Judge, posterior: str, agreement: str) -> None:
    study = bayes_study(lab, posterior, agreement)
    outcome = paired_greater(
        study["learner"],
        study["ceiling"],
        margin=MARGIN,
        quantity=f"agreement with ICL ({agreement}), {posterior} - ICL in another order",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome.unless(study.undefined), study, deviation=DEVIATION)
