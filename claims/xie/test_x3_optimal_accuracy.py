"""X3  ICL is as accurate as the exact posterior predictive.

Source: arXiv 2111.02080, section 3, theorem 1 (in the limit of many demonstrations), section 4 and figures.
Quantity: accuracy over the whole vocabulary, ICL minus the posterior that knows how prompts are drawn (HMM and start
    slot unknown). A prediction is the argmax of a distribution over the next symbol. The right answer is the argmax of
    the true HMM's distribution, so the most accurate answer is the posterior mode of that label, which the predictive's
    argmax need not be: it is up to about 0.006 less accurate (60 episodes of ginc-k5: 0.988 against 0.994 with 1
    demonstration, 0.994 against 1.000 with 2, equal with 4 and 8).
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    numbers of demonstrations.
Margin 0.02: that of S2b: a difference of one query in fifty is no difference in kind.
Minimum effect: an ICL as accurate as the posterior, 0.02 from the bound.
Refuted by: a number of demonstrations at which ICL is less accurate by at least 0.02.
Deviation: the theorem speaks of infinitely many demonstrations and an ideal model; here 1 to 8 and a trained one.
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
from iclgd_core.studies.xie.bayes_accuracy import bayes_accuracy_study

MARGIN = -0.02
MINIMUM_EFFECT = 0.02
SHOTS = (1, 2, 4, 8)
DEVIATION = "1 to 8 demonstrations and a trained model, where the theorem has infinitely many and an ideal one"
PAPER = "ICL accuracy 57.7 % without, 68.4 % with 8 demonstrations (16 layers, k = 5, 50 symbols); no Bayes beside it"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # GD is less accurate, here and below
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,  # no GD is read, here and for zero-shot
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
    Mutation.ICL_AS_POSTERIOR: Verdict.SUPPORTED,
    Mutation.ZERO_SHOT_AS_POSTERIOR: Verdict.SUPPORTED,  # ICL is more accurate
}


@claim(
    "X3",
    XIE.at("section 3, theorem 1; section 4"),
    "ICL is as accurate as the argmax of the exact posterior predictive of the same prompts, within 0.02.",
    brief="ICL is as accurate as exact Bayes",
    refuted_by="a number of demonstrations with which ICL is less accurate than the posterior by 0.02 or more",
    mutations=MUTATIONS,
    measures="accuracy of ICL and of the Bayesian predictor",
    needs=Needs(posterior=True),
    demonstrations=8,
)
@pytest.mark.parametrize("shots", SHOTS)
def test_icl_is_as_accurate_as_bayes(lab: Lab, judge: Judge, shots: int) -> None:
    study = bayes_accuracy_study(lab, "bayes-structure", shots)
    outcome = paired_greater(
        study["ICL"],
        study["Bayes"],
        margin=MARGIN,
        quantity=f"accuracy with {shots} demonstrations, ICL - Bayes that knows the structure",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, paper_value=PAPER, deviation=DEVIATION)
