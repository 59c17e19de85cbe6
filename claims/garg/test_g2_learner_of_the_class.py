"""G2  Check of the baselines: on each function class the learner made for it errs less than those made for others.

Source: arXiv 2208.01066, section 5, figure 5 (sparse linear functions, decision trees, two-layer nets) and section 4
    (noisy linear functions); the learners are the paper's: Lasso, ridge, a greedy tree, a two-layer net by Adam.
Quantity: squared error / E f(x)^2 after 10 points (sparse, 3 of 20 coordinates), 30 (noise of variance 1; from 24 on
    the error of least squares has a finite variance), 100 (tree of depth 4; ReLU net of width 100); x ~ N(0, I_20).
Rule: mean paired difference over 192 episodes, rival - learner, > 0.02; Holm over classes and rivals. The Lasso's
    penalty is chosen on 128 tuning episodes.
Margin 0.02: a fiftieth of the error of predicting zero; the figures' curves are told apart from about there.
Refuted by: a rival whose error is within the margin of, or below, that of the class's own learner.
No Transformer stands here: what is checked are the instruments that one would be held against.
Deviation: the paper compares these learners with a Transformer trained on each class; here they are compared with each
    other, for only the linear class has a trained Transformer (G3, G4). Boosting is left out.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import GARG
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.store import Store
from iclgd_core.stats import paired_greater
from iclgd_core.studies.garg.function_class_errors import CONTESTS, contest

MARGIN = 0.02
DEVIATION = "a check of the instruments: learners against each other; no Transformer was trained on this class"


@claim(
    "G2",
    GARG.at("section 5, figure 5"),
    "Check of the baselines, no Transformer: the learner made for a function class errs less on it than least squares "
    "and nearest neighbours.",
    brief="The learner made for a class beats the others on it",
    refuted_by="a rival that errs no more than the class's own learner",
    needs_icl=False,
    measures="errors of learners on each class of functions",
)
@pytest.mark.parametrize("rival", ["least-squares", "nearest-neighbours"])
@pytest.mark.parametrize("function_class", sorted(CONTESTS))
def test_the_learner_of_a_class_errs_less(measurements: Store, judge: Judge, function_class: str, rival: str) -> None:
    study = contest(function_class, rival, measurements)
    outcome = paired_greater(
        study["rival"], study["learner"], margin=MARGIN, quantity=f"error of {rival} - that of the class's own learner"
    )
    judge(outcome, study, deviation=DEVIATION)
