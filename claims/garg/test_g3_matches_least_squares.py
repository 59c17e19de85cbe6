"""G3  A Transformer trained on linear functions predicts, in context, as accurately as least squares.

Source: arXiv 2208.01066, section 3.1, figure 2.
Quantity: squared error / E y^2 of a fresh query after t points, ICL minus least squares of smallest norm, t = 3 (fewer
    points than the d = 5 dimensions), d and 2 d.
Rule: |mean paired difference over episodes| < 0.05 by two one-sided tests (equivalence); Holm over t.
Margin 0.05: a twentieth of the error of predicting zero, and a quarter of what one more point is worth to least squares
    at d = 5. The paper's Transformer is at about 0.02 after d points and 0.0006 after 2 d, where least squares is at 0.
Refuted by: a number of points after which the errors differ by more than the margin.
Deviation: d = 5 and 11 points (the paper's code's small configuration), width 64, 100,000 steps instead of
    500,000, so a refutation speaks about this model.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import GARG
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies.garg.learning_curve import errors_after

MARGIN = 0.05
DEVIATION = (
    "d = 5, 11 points, 4 layers of width 64, 100,000 steps, so a refutation speaks about this model; the paper: "
    "d = 20, 12 layers of width 256, 500,000 steps"
)
PAPER_VALUES = {5: 0.02, 10: 0.0006}
"""The Transformer's own error after d and 2 d points, d = 20; known at second hand."""


@claim(
    "G3",
    GARG.at("section 3.1, figure 2"),
    "A Transformer trained on linear functions errs, in context, as little as least squares.",
    brief="ICL errs as little as least squares",
    refuted_by="errors that differ by more than 0.05 of the error of predicting zero",
    measures="errors of ICL and of least squares",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
@pytest.mark.parametrize("points", [3, 5, 10])
def test_the_transformer_errs_as_least_squares(regression: RegressionLab, judge: Judge, points: int) -> None:
    study = errors_after(regression, "least-squares", points)
    outcome = paired_equivalent(
        study["icl"] - study["baseline"], margin=MARGIN, quantity="error of ICL - error of least squares"
    )
    judge(outcome, study, paper_value=PAPER_VALUES.get(points), deviation=DEVIATION)
