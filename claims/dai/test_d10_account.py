"""D10  Fine-tuning as the paper does it ends where ICL ends: as an account of ICL.

Source: arXiv 2212.10559, section 4: ICL "behaves similarly to explicit finetuning from multiple perspectives".
Quantity: agreement with ICL (Token Overlap K = 10; overlap cosine, bounded; 1 - Jensen-Shannon, base 2): fine-tuning's
    minus that of ICL with itself in another order of the same demonstrations. Fine-tuning of keys and values, one pass
    in the order of the prompt, one demonstration a step, language-model loss; rate: the nearest to ICL on tuning
    episodes, for each agreement apart; not training is a choice. Closure is reported.
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    agreements.
Margin 0.02: that of S2: one token of the top ten, in one query of five.
Minimum effect 0.02: the learner that reaches ICL's agreement with itself is to be told from one that misses the margin.
Refuted by: fine-tuning that agrees with ICL less than ICL with itself, by more than the margin.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies import agreement_study
from iclgd_core.studies.dai.fine_tuning import OPTIMIZER, PART

from .published import NOT_REPORTED, beside

OBJECTIVE = "lm"
MARGIN = 0.02
MINIMUM_EFFECT = 0.02
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # training depends on the order less than ICL does
    Mutation.GD_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.REFUTED,  # the floor
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "D10",
    DAI.at("section 4"),
    "Fine-tuning of keys and values in one pass agrees with ICL as ICL does with itself in another order.",
    brief="Tuning K and V agrees with ICL as ICL with itself",
    refuted_by="fine-tuning that agrees with ICL less than ICL with itself by more than 0.02",
    mutations=MUTATIONS,
    measures="agreement, keys and values trained in one pass",
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
def test_fine_tuning_ends_where_icl_ends(lab: Lab, judge: Judge, agreement: str) -> None:
    tier = lab.tier
    study = agreement_study(
        lab,
        OPTIMIZER,
        agreement,
        PART,
        n=tier.episodes,
        n_tuning=tier.tuning_episodes,
        objective=OBJECTIVE,
        schedule=tier.one_pass,
    )
    outcome = paired_greater(
        study["learner"],
        study["ceiling"],
        margin=-MARGIN,
        quantity=f"agreement with ICL ({agreement}), fine-tuning - ICL in another order",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome.unless(study.undefined).unless_refuted(study.edge), study, **beside(NOT_REPORTED))
