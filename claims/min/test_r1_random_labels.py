"""R1  Random labels in the demonstrations cost ICL at most 5 points of accuracy.

Source: arXiv 2202.12837, section 4.
Quantity: accuracy with 8 demonstrations, with their own labels minus with labels drawn at random: uniformly from the
    episode's label set (the paper's), or as often as each occurs; over the whole vocabulary and over the labels alone
    (the paper's). Inputs, order and queries are the same.
Rule: |mean difference over episodes| < 0.05 by two one-sided tests (equivalence; sign flips and bootstrap-t, both
    must reject); Holm over draws and scopes.
Margin 0.05: the paper's range is 0 to 5 points.
Undefined: where demonstrations with right labels gain less than the margin over none (mean over episodes), for each
    scope apart. There random labels have nothing to lose: to lose the whole gain would still be to cost little, so that
    "supported" would say nothing about labels. Added after a first evaluation, in which the gain was above the margin.
Refuted by: a drop, or a gain, of more than 5 points.
Deviation: the paper has k = 16 demonstrations of classification tasks and far larger models; here 8, and a label is
    the next symbol of a text, so a random one is also a break in it.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import MIN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies import SCOPES
from iclgd_core.studies.min.random_labels import random_label_study

MARGIN = 0.05
DEVIATION = "8 demonstrations, not 16; a label is the next symbol of a text, so a random one is a break in it"
PAPER = "0 to 5 points lower (12 models, k = 16)"
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
    "R1",
    MIN.at("section 4"),
    "Random labels in the demonstrations change ICL's accuracy by less than 0.05.",
    brief="Random labels change accuracy by less than 0.05",
    refuted_by="random labels that change ICL's accuracy by more than 0.05",
    mutations=MUTATIONS,
    measures="accuracy with random labels",
    needs=Needs(labels=True),
)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("labels", ["uniform", "marginal"])
def test_random_labels_cost_little(lab: Lab, judge: Judge, labels: str, scope: str) -> None:
    study = random_label_study(lab, labels, scope, least_gain=MARGIN)
    quantity = f"accuracy over the {scope}, own labels - random labels ({labels})"
    outcome = paired_equivalent(study["own labels"] - study["other labels"], margin=MARGIN, quantity=quantity)
    judge(outcome.unless(study.undefined), study, paper_value=PAPER, deviation=DEVIATION)
