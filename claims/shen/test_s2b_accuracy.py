"""S2b  With the same demonstrations ICL is more accurate than GD.

Source: arXiv 2310.08540, section 5.2, figure 5 and table 1.
Quantity: accuracy over the whole vocabulary, and over the labels alone; ICL minus full-batch GD.
Rule: mean difference over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject);
    Holm over numbers of demonstrations and scopes.
    GD's learning rate and epoch: the most accurate on tuning episodes.
Margin 0.02: a difference of one query in fifty is no difference in kind.
Minimum effect 0.12, that is 0.10 beyond the margin: under half of the smallest gain in the paper's table 1 (0.26).
    Quick: 132 episodes; the spread on 24 tuning episodes (0.30 at most) needs 129 for power 0.9 after correction.
Refuted by: a number of demonstrations at which GD's accuracy is within the margin of ICL's, or above.
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
from iclgd_core.studies import SCOPES, accuracy_study

from . import published

MARGIN = 0.02
MINIMUM_EFFECT = 0.12
SHOTS = (1, 2, 4, 8)
DEVIATION = f"the paper: {published.TEXT_SETS}, 200 epochs; its table has few demonstrations and 512"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.REFUTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "S2b",
    SHEN.at("section 5.2, figure 5 and table 1"),
    "With the same demonstrations ICL is more accurate than GD.",
    brief="ICL is more accurate than GD on the same examples",
    refuted_by="a number of demonstrations with which GD is as accurate as ICL, within 0.02",
    mutations=MUTATIONS,
    measures="accuracy of ICL and GD",
    trains=(Training.WHOLE,),
    demonstrations=8,
    designs=(Design("greater", MARGIN, MINIMUM_EFFECT - MARGIN, "accuracy_episodes", 0.2965, TUNING),),
)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("shots", SHOTS)
def test_icl_is_more_accurate_than_gd(lab: Lab, judge: Judge, shots: int, scope: str) -> None:
    study = accuracy_study(lab, shots, scope)
    outcome = paired_greater(
        study["icl"],
        study["gd"],
        margin=MARGIN,
        quantity=f"accuracy over the {scope} with {shots} demonstrations, ICL - GD",
        minimum_effect=MINIMUM_EFFECT - MARGIN,
    )
    judge(outcome.unless_supported(study.edge), study, deviation=DEVIATION)
