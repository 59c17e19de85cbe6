"""S5  Late in pretraining the weights keep moving while ICL accuracy stays level.

Source: arXiv 2310.08540, section 3, figure 3 (GPT-J, steps 310k to 380k).
Quantity: "weights": relative change of all weights, ||a - b|| / ||a||, between successive checkpoints of the second
    half of training. "accuracy": change of ICL accuracy (8 demonstrations) over that half, by a fitted line.
Rule: weights, deterministic: every change > 0.01. Accuracy: |mean change over episodes| < 0.05 by two one-sided
    tests (equivalence; sign flips and bootstrap-t, both must reject).
Bounds: 0.01, about fifty times the rounding of float16 in which such weights are published; 0.05, a fifth of the
    smallest gain that the paper's table 1 ascribes to learning (0.26).
Late: the second half of training, fixed beforehand, because the paper looks at late checkpoints alone.
Quick: 96 episodes at k = 8; the spread on 24 tuning episodes needs 39 for power 0.9 after correction.
Refuted by: weights at rest, or an accuracy that changes by more than 0.05.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.design import TUNING, Design
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Series
from iclgd_core.stats import above, paired_equivalent
from iclgd_core.studies import checkpoint_study
from iclgd_core.studies.shen.checkpoints import CHANGE, late_drift

LEAST_CHANGE = 0.01
LEVEL = 0.05
DEVIATION = "the paper: GPT-J, steps 310k to 380k of its pretraining"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.SUPPORTED,  # at all checkpoints alike, as in the next two
    Mutation.GD_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,  # the outputs of GD are not read, here and for zero-shot
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
    Mutation.WEIGHTS_AT_REST: {"weights": Verdict.REFUTED, "accuracy": Verdict.SUPPORTED},
    Mutation.ZERO_SHOT_BEFORE_LAST: {"weights": Verdict.SUPPORTED, "accuracy": Verdict.REFUTED},
}


@claim(
    "S5",
    SHEN.at("section 3, figure 3"),
    "Late in pretraining the weights keep moving while ICL accuracy stays level.",
    brief="Weights keep moving while ICL stays level",
    refuted_by="weights at rest, or an ICL accuracy that changes by more than 0.05",
    mutations=MUTATIONS,
    measures="weights and ICL accuracy late in pretraining",
    demonstrations=8,
    designs=(Design("equivalent", LEVEL, LEVEL, "episodes", 0.08339, TUNING, " accuracy", sampled=1),),
)
@pytest.mark.parametrize("what", ["weights", "accuracy"])
def test_weights_move_while_icl_stays(series: Series, judge: Judge, what: str) -> None:
    study = checkpoint_study(series.labs, series.steps)
    if what == "weights":
        change = "relative change of the weights"
        outcome = above(late_drift(study), LEAST_CHANGE, quantity=change, unit="checkpoint pair")
    else:
        outcome = paired_equivalent(
            study[CHANGE], margin=LEVEL, quantity="change of ICL accuracy, second half of training"
        )
    judge(outcome, study, deviation=DEVIATION)
