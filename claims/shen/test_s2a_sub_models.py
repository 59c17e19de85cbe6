"""S2a  The gap stays when GD trains W_V of one middle, or of one deep, layer alone.

Source: arXiv 2310.08540, section 5.2, figure 5, second and third column (no layer indices are given; here layer
    L // 2 and layer L - 1 of L).
Quantity, rule, margin and minimum effect: those of S2, with full-batch GD; Holm over parts and agreements.
Quick: 96 episodes; the spread on 24 tuning episodes needs 29 at most for power 0.9 after correction.
Refuted by: a part whose training agrees with ICL within the margin of ICL's agreement with itself.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.design import TUNING, Design
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies import AGREEMENTS, agreement_study

from . import published

MARGIN = 0.02
MINIMUM_EFFECT = 0.07
ADDITIVE_MINIMUM_EFFECT = 0.20
DEVIATION = f"the paper names no layer; {published.TEXT_SETS}, 200 epochs"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.SUPPORTED,  # a distance is symmetric, where GD has left its start
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.REFUTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,  # the floor
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "S2a",
    SHEN.at("section 5.2, figure 5, columns 2 and 3"),
    "ICL agrees with ICL in another order more than with GD on W_V of one layer.",
    brief="The gap stays when GD trains one layer's W_V",
    refuted_by="a layer whose W_V can be trained to agree with ICL as ICL agrees with itself, within 0.02",
    mutations=MUTATIONS,
    measures="agreement, W_V of one layer trained alone",
    trains=(Training.VALUES,),
    demonstrations=8,
    designs=(
        Design("greater", MARGIN, MINIMUM_EFFECT - MARGIN, "episodes", 0.06617, TUNING),
        Design("greater", MARGIN, ADDITIVE_MINIMUM_EFFECT - MARGIN, "episodes", 0.1623, TUNING, " additive OCS"),
    ),
)
@pytest.mark.parametrize("agreement", AGREEMENTS)
@pytest.mark.parametrize("part", ["v_middle", "v_deep"])
def test_icl_agrees_with_itself_more_than_with_a_sub_model(lab: Lab, judge: Judge, part: str, agreement: str) -> None:
    study = agreement_study(lab, "gd", agreement, part)
    outcome = paired_greater(
        study["ceiling"],
        study["learner"],
        margin=MARGIN,
        quantity=f"agreement with ICL ({agreement}), ICL in another order - GD on {part}",
        minimum_effect=(ADDITIVE_MINIMUM_EFFECT if agreement == "ocs-additive" else MINIMUM_EFFECT) - MARGIN,
    )
    judge(outcome.unless(study.undefined).unless_supported(study.edge), study, deviation=DEVIATION)
