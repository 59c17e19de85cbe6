"""R1b  With random labels ICL is still more accurate than without demonstrations.

Source: arXiv 2202.12837, section 4.
Quantity: accuracy with 8 demonstrations that carry random labels, minus zero-shot; draws and scopes as in R1.
Rule: mean difference over episodes > 0, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    draws and scopes.
Bound 0: the statement is "better than none". It is what gives R1 its weight where right labels themselves gain
    little.
Minimum effect 0.05: the size that R1 calls small.
Refuted by: a draw of labels with which demonstrations make ICL less accurate than none.
Deviation: as R1.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import MIN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies import SCOPES
from iclgd_core.studies.min.random_labels import random_label_study

MINIMUM_EFFECT = 0.05
DEVIATION = "8 demonstrations, not 16; a label is the next symbol of a text"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # GD follows its labels, here and below
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,  # no GD is read, here and for zero-shot
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "R1b",
    MIN.at("section 4"),
    "With random labels in its demonstrations ICL is more accurate than without demonstrations.",
    brief="Random labels are better than no demonstrations",
    refuted_by="random labels with which ICL is less accurate than without demonstrations",
    mutations=MUTATIONS,
    measures="random labels against no demonstrations",
    needs=Needs(labels=True),
)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("labels", ["uniform", "marginal"])
def test_random_labels_are_better_than_none(lab: Lab, judge: Judge, labels: str, scope: str) -> None:
    study = random_label_study(lab, labels, scope)
    outcome = paired_greater(
        study["other labels"],
        study["zero-shot"],
        margin=0.0,
        quantity=f"accuracy over the {scope}, random labels ({labels}) - zero-shot",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, deviation=DEVIATION)
