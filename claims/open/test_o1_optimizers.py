"""O1  ICL is GD by another rule: with momentum, by Nesterov's, or by Newton-like steps.

Source: an open question of arXiv 2310.08540 (which optimizer, if any, ICL is); Newton's method is what arXiv 2310.17086
    finds in models trained on the ICL objective.
Quantity: agreement with ICL (Token Overlap K = 10; overlap cosine, bounded; 1 - Jensen-Shannon, base 2): that of
    full-batch training by the rule on the labels, minus that of ICL in another order. Heavy-ball and Nesterov momentum
    0.9; Newton-like: damped Gauss-Newton, five iterations of conjugate gradients, learning rate as the length of the
    step. Floor (zero-shot), ceiling and closure are reported.
Rule: mean difference over episodes > -0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    rules and agreements. Learning rate and epoch: the nearest to ICL on tuning episodes, for each agreement apart; not
    training is a choice.
Margin 0.02: that of S2, of which this is the mirror.
Minimum effect 0.05 beyond it, as there. Quick: 36 episodes, which the spread of S2 (0.068 at most) asks for.
Combines: one of the rules is enough, by every agreement: ICL may be GD by any one of them.
Refuted by: a rule whose agreement with ICL is below ICL's with itself by more than the margin.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import OPEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.open.other_optimizers import optimizer_account

MARGIN = 0.02
MINIMUM_EFFECT = 0.05
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,  # full-batch GD, where ICL is asked for, knows no order
    Mutation.GD_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.REFUTED,  # the floor
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "O1",
    OPEN.at("open questions"),
    "GD with momentum, by Nesterov's rule or by Newton-like steps agrees with ICL as ICL with itself, within 0.02.",
    brief="Momentum, Nesterov or Newton agrees with ICL",
    combines="any of optimizer",
    refuted_by="a rule whose agreement with ICL is below that of ICL with itself by more than 0.02",
    mutations=MUTATIONS,
    measures="agreement: momentum, Nesterov, a Newton-like rule",
    trains=(Training.WHOLE,),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
@pytest.mark.parametrize("optimizer", ["momentum", "nesterov", "newton"])
def test_another_rule_agrees_as_icl_with_itself(lab: Lab, judge: Judge, optimizer: str, agreement: str) -> None:
    study = optimizer_account(lab, optimizer, agreement)
    outcome = paired_greater(
        study["learner"],
        study["ceiling"],
        margin=-MARGIN,
        quantity=f"agreement with ICL ({agreement}), {optimizer} - ICL in another order",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome.unless(study.undefined).unless_refuted(study.edge), study)
