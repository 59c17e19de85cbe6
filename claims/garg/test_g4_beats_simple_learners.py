"""G4  A Transformer trained on linear functions errs less, in context, than averaging and nearest neighbours.

Source: arXiv 2208.01066, section 3.1, figure 2.
Quantity: squared error / E y^2 of a fresh query after t points, baseline minus ICL, t = d and 2 d.
Rule: mean paired difference over episodes > 0.05; Holm over baselines and t.
Margin 0.05: as in G3, a twentieth of the error of predicting zero.
Refuted by: a baseline that errs no more than ICL, within the margin.
Deviation: as in G3.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import GARG
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.garg.learning_curve import errors_after

MARGIN = 0.05
DEVIATION = "d = 5, 11 points, 4 layers of width 64, 100,000 steps; the paper: d = 20, 12 layers of width 256, 500,000"


@claim(
    "G4",
    GARG.at("section 3.1, figure 2"),
    "A Transformer trained on linear functions errs less, in context, than averaging and three nearest neighbours.",
    brief="ICL errs less than averaging and neighbours",
    refuted_by="a simple learner that errs no more than ICL",
    measures="errors of ICL, of averaging and of nearest neighbours",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
@pytest.mark.parametrize("points", [5, 10])
@pytest.mark.parametrize("baseline", ["averaging", "nearest-neighbours"])
def test_the_transformer_errs_less(regression: RegressionLab, judge: Judge, baseline: str, points: int) -> None:
    study = errors_after(regression, baseline, points)
    outcome = paired_greater(
        study["baseline"], study["icl"], margin=MARGIN, quantity=f"error of {baseline} - error of ICL"
    )
    judge(outcome, study, deviation=DEVIATION)
