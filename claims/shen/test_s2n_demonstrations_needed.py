"""S2n  GD needs about 512 demonstrations to be as accurate as ICL with 8.

Source: arXiv 2310.08540, section 5.2, table 1 (a factor of about 64; the table's reading is uncertain).
Quantity: accuracy over the whole vocabulary, ICL with 8 demonstrations minus SGD (batch 8) with M.
Rule: at M = 32 and M = 128 the mean difference over episodes > 0 (GD still falls short); at M = 512 the difference
    GD - ICL > -0.05 (GD has caught up); one-sided tests (sign flips and bootstrap-t, both must
    reject), Holm over M.
Bounds: 0 because "needs more" is any shortfall; -0.05 because the paper says "about".
Minimum effect 0.10: as for S2b. Quick: 108 episodes; the spread on 24 tuning episodes (0.30) needs 105 for power 0.9
    after correction.
Refuted by: GD that has caught up with 128 or fewer, or has not with 512.
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
from iclgd_core.studies import many_study

from . import published

CAUGHT_UP = -0.05
MINIMUM_EFFECT = 0.10
DEMONSTRATIONS = (32, 128, 512)
DEVIATION = "the paper's table has two numbers a set, few and 512 demonstrations by the likeliest reading; LLaMA-7B"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: {"32": Verdict.REFUTED, "128": Verdict.REFUTED, "512": Verdict.SUPPORTED},
    # GD with 8 demonstrations stands in for ICL: with more it is more accurate
    Mutation.GD_AS_BOTH: {"32": Verdict.REFUTED, "128": Verdict.REFUTED, "512": Verdict.SUPPORTED},
    # equal accuracies lie on the bound 0, where neither test rejects
    Mutation.ICL_AS_BOTH: {"32": Verdict.INCONCLUSIVE, "128": Verdict.INCONCLUSIVE, "512": Verdict.SUPPORTED},
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: {"32": Verdict.SUPPORTED, "128": Verdict.SUPPORTED, "512": Verdict.REFUTED},
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "S2n",
    SHEN.at("section 5.2, table 1"),
    "GD needs about 512 demonstrations to reach the accuracy of ICL with 8.",
    brief="GD needs about 512 examples for ICL's accuracy with 8",
    refuted_by="GD as accurate as ICL with 128 demonstrations or fewer, or still below it with 512",
    mutations=MUTATIONS,
    measures="accuracy of GD with up to 512 demonstrations",
    trains=(Training.WHOLE,),
    demonstrations=512,
    designs=(
        Design("greater", 0.0, MINIMUM_EFFECT, "many_episodes", 0.2962, TUNING, ", 32 and 128"),
        Design("greater", CAUGHT_UP, MINIMUM_EFFECT, "many_episodes", 0.2962, TUNING, ", 512"),
    ),
)
@pytest.mark.parametrize("demonstrations", DEMONSTRATIONS)
def test_gd_needs_many_more_demonstrations(lab: Lab, judge: Judge, demonstrations: int) -> None:
    study = many_study(lab, demonstrations)
    short = demonstrations < max(DEMONSTRATIONS)
    pair, margin = ((study["icl"], study["gd"]), 0.0) if short else ((study["gd"], study["icl"]), CAUGHT_UP)
    quantity = f"accuracy, {'ICL(8) - GD' if short else 'GD'}({demonstrations}){'' if short else ' - ICL(8)'}"
    outcome = paired_greater(*pair, margin=margin, quantity=quantity, minimum_effect=MINIMUM_EFFECT)
    judge(
        outcome.unless_supported(study.edge) if short else outcome.unless_refuted(study.edge),
        study,
        paper=published.demonstrations_needed(),
        paper_value=published.DEMONSTRATIONS,
        deviation=DEVIATION,
    )
