"""U6  Layer-causal GD accounts for ICL: its predictions agree with ICL's as ICL's agree with themselves.

Source: arXiv 2311.07772, section 4.4 (the claim there is "more similar than GD", see U2; that it is the same is what an
    account of ICL must show). Loss as the paper prints it and as its published code computes it.
Quantity: agreement with ICL (Token Overlap K = 10; overlap cosine, bounded; 1 - Jensen-Shannon, base 2) of layer-causal
    GD on keys and values, one pass over the demonstrations, one a step; minus that of ICL in another order.
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject);
    Holm over losses and agreements. Learning rate: the nearest to ICL on tuning episodes, for each agreement apart; not
    training is a choice.
Margin 0.02 and minimum effect 0.05 beyond it: those of S2, of which this is the mirror. Quick: 36 episodes, as there.
Combines: one form of the loss is enough, by every agreement: the paper's text and its code differ.
Refuted by: a loss with which the agreement stays below ICL's with itself by more than 0.02.
Deviation: the paper leaves the learning rate at that of plain GD, though gradients are larger (U5n); here it is tuned.
    The paper steps token by token; here it is one step a demonstration, as in the published code, on the mean
    over its tokens.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies import agreement_study

OPTIMIZER, PART = "sgd1", "kv"
MARGIN = 0.02
MINIMUM_EFFECT = 0.05
DEVIATION = (
    "learning rate tuned to be near ICL, the paper keeps that of plain GD; one step a demonstration, as the "
    "published code, on the mean over tokens, not token by token"
)
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
    "U6",
    DEUTCH.at("section 4.4"),
    "Layer-causal GD agrees with ICL as ICL in another order does, within 0.02.",
    brief="Layer-causal GD agrees with ICL as ICL with itself",
    combines="any of objective",
    refuted_by="a form of the loss whose agreement with ICL is below ICL's with itself by more than 0.02",
    mutations=MUTATIONS,
    measures="agreement, layer-causal GD",
    trains=(Training.LAYER_CAUSAL,),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
@pytest.mark.parametrize("objective", ["layer-causal", "layer-causal-code"])
def test_layer_causal_gd_agrees_as_icl_with_itself(lab: Lab, judge: Judge, objective: str, agreement: str) -> None:
    study = agreement_study(lab, OPTIMIZER, agreement, PART, objective=objective, schedule=lab.tier.one_pass)
    outcome = paired_greater(
        study["learner"],
        study["ceiling"],
        margin=-MARGIN,
        quantity=f"agreement with ICL ({agreement}), {objective} GD - ICL in another order",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome.unless(study.undefined), study, deviation=DEVIATION)
