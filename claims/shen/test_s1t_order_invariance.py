"""S1t  Theorem 1: full-batch GD gives the same outputs for any order of the demonstrations; ICL does not.

Source: arXiv 2310.08540, section 4, theorem 1.
Quantity: largest change of any probability between orders, over queries and vocabulary, in float64.
Rule: deterministic, over all episodes measured: GD's change < 1e-9, ICL's change > 1e-9.
Bound 1e-9: float64 rounding (1e-16) grown a thousandfold by each of a few training steps is below it, and it is
    seven orders below the margin of S1.
Refuted by: an episode in which GD changes by more, or ICL by no more, than the bound.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import above, below
from iclgd_core.studies import invariance_study

BOUND = 1e-9
MUTATIONS: Mutations = {
    Mutation.SWAPPED: {"gd": Verdict.REFUTED, "icl": Verdict.REFUTED},
    Mutation.GD_AS_BOTH: {"gd": Verdict.SUPPORTED, "icl": Verdict.REFUTED},
    Mutation.ICL_AS_BOTH: {"gd": Verdict.REFUTED, "icl": Verdict.SUPPORTED},
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: {"gd": Verdict.SUPPORTED, "icl": Verdict.SUPPORTED},  # no demonstrations, no order
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "S1t",
    SHEN.at("section 4, theorem 1"),
    "Full-batch GD does not depend on the order of the demonstrations; ICL does.",
    brief="Full-batch GD ignores order, ICL does not",
    refuted_by="an order that moves full-batch GD by more than rounding, or one that does not move ICL",
    mutations=MUTATIONS,
    measures="outputs under other orders, in float64",
    trains=(Training.WHOLE, Training.FLOAT64),
    demonstrations=8,
)
@pytest.mark.parametrize("learner", ["gd", "icl"])
def test_full_batch_gd_is_order_invariant_and_icl_is_not(lab: Lab, judge: Judge, learner: str) -> None:
    study = invariance_study(lab)
    rule = below if learner == "gd" else above
    changes = {f"episode {i}": float(value) for i, value in enumerate(study[learner])}
    judge(
        rule(changes, BOUND, quantity=f"largest change of a probability, {learner}", unit="episode"),
        study,
    )
