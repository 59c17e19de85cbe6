"""O2  No setting of GD closes the gap to ICL: a map over learning rate, epochs and demonstrations a step.

Source: an open question of arXiv 2310.08540 (how the gap depends on GD's settings).
Quantity: agreement with ICL (Token Overlap K = 10; overlap cosine, bounded; 1 - Jensen-Shannon, base 2): that of ICL
    in another order minus that of GD, at each setting of a grid; 1, 4 or all 8 demonstrations a step, whole model, loss
    on the labels. Closure at each setting is reported, with that of the best and its interval.
Rule: mean difference over episodes > 0.02 at every setting (intersection-union: each must reject), one-sided tests
    (sign flips and bootstrap-t, both must reject); Holm over agreements. Refuted where one setting shows the contrary
    (Bonferroni over settings). Nothing is tuned. A setting at which some run diverged closes nothing and is left out.
Margin 0.02 and minimum effect 0.05 beyond it: those of S2. Quick: 24 episodes: with the spread of S2 (0.068 at most)
    22 have power 0.9 after correction over three agreements, at a single setting.
Refuted by: a setting whose agreement with ICL is within the margin of ICL's with itself.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import OPEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import at_every, paired_greater
from iclgd_core.studies.open.gap_map import gap_map

MARGIN = 0.02
MINIMUM_EFFECT = 0.05
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.SUPPORTED,  # a distance is symmetric, where GD has left its start
    Mutation.GD_AS_BOTH: Verdict.REFUTED,  # by the map's full-batch GD
    Mutation.ICL_AS_BOTH: Verdict.REFUTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,  # the floor
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "O2",
    OPEN.at("open questions"),
    "At every learning rate, number of epochs and batch of a grid, ICL agrees with itself more than with GD.",
    brief="No rate, epoch or batch of GD closes the gap",
    refuted_by="a setting of GD that agrees with ICL as ICL agrees with itself, within 0.02",
    mutations=MUTATIONS,
    measures="the gap over learning rates, epochs and batches",
    trains=(Training.WHOLE,),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
def test_no_setting_closes_the_gap(lab: Lab, judge: Judge, agreement: str) -> None:
    study = gap_map(lab, agreement)
    outcomes = {
        setting: paired_greater(
            study["ceiling"],
            learner,
            margin=MARGIN,
            quantity=f"agreement with ICL ({agreement}), ICL in another order - GD",
            minimum_effect=MINIMUM_EFFECT,
        )
        for setting, learner in study.numbers.items()
        if setting not in ("ceiling", "floor")
    }
    judge(at_every(outcomes, f"agreement with ICL ({agreement}), ICL in another order - GD, least of a grid"), study)
