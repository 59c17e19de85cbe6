"""R2  GD follows random labels more than ICL does.

Source: what arXiv 2202.12837, section 4, and GD together predict: GD is trained on the labels and must follow them;
    ICL is said to read inputs and format instead. It separates ICL from GD. (Not a claim of the paper's.)
Quantity: shift = probability, on fresh queries, of the labels given at random (those that are no right label of the
    same 8 demonstrations), with random labels minus with right ones; full-batch GD minus ICL. GD's learning rate and
    epoch, on tuning episodes with right labels, of those that train at all (a GD that does not train follows
    nothing): the most accurate, as in S2b; or the one with the lowest training loss, which fits its demonstrations
    best. The second was added when the first was found to train hardly at all.
Rule: mean difference over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    settings.
Margin 0.02: a fiftieth of the probability; less is no difference in kind.
Minimum effect 0.05, that is 0.03 beyond the margin. Quick: 36 episodes.
Refuted by: GD that follows random labels no more than ICL does, within 0.02.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.papers import MIN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.min.random_labels_shift import SETTINGS, shift_study

MARGIN = 0.02
MINIMUM_EFFECT = 0.05
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # ICL follows them less
    Mutation.GD_AS_BOTH: Verdict.REFUTED,  # they follow them alike, here and below
    Mutation.ICL_AS_BOTH: Verdict.REFUTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.REFUTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "R2",
    MIN.at("section 4, and what GD predicts"),
    "GD moves its predictions to random labels of the demonstrations more than ICL does, by over 0.02 of probability.",
    brief="GD follows random labels more than ICL does",
    refuted_by="GD that moves to random labels no more than ICL does, within 0.02",
    mutations=MUTATIONS,
    measures="whether GD follows random labels",
    needs=Needs(labels=True),
    trains=(Training.WHOLE,),
    demonstrations=8,
)
@pytest.mark.parametrize("setting", SETTINGS)
def test_gd_follows_random_labels_more_than_icl(lab: Lab, judge: Judge, setting: str) -> None:
    study = shift_study(lab, setting)
    outcome = paired_greater(
        study["GD"],
        study["ICL"],
        margin=MARGIN,
        quantity=f"probability moved to random labels, {setting} GD - ICL",
        minimum_effect=MINIMUM_EFFECT - MARGIN,
    )
    judge(outcome, study)
