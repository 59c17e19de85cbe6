"""G1  Least squares and averaging err as their closed forms say.

Source: arXiv 2208.01066, section 3.1 (baselines on linear functions); closed forms by own algebra.
Quantity: squared error / d over all queries after t noiseless points, x, w ~ N(0, I_20): least squares of smallest norm
    max(1 - t / d, 0), averaging (d + 1) / t.
Rule: |mean - closed form| < 0.05 by two one-sided tests over 64 batches of 144 episodes; Holm over learners and
    numbers of points. Averaging's error after 10 points has a standard deviation of 1.4, which needs so many.
Margin 0.05: what one more point is worth to least squares at d = 20, so that a curve shifted by a point is told apart.
Refuted by: a mean error beyond the margin from its closed form.
This is about the baselines alone; it says nothing about ICL and runs without a model.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import GARG
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.store import Store
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies.garg.function_class_errors import closed_form_errors

MARGIN = 0.05


@claim(
    "G1",
    GARG.at("section 3.1"),
    "The errors of least squares and averaging on linear functions are their closed forms.",
    brief="Least squares and averaging err as closed forms say",
    refuted_by="a mean error that is more than 0.05 from its closed form",
    needs_icl=False,
    measures="errors of least squares and of averaging against their closed forms",
)
@pytest.mark.parametrize("points", [10, 20, 40])
@pytest.mark.parametrize("learner", ["least-squares", "averaging"])
def test_baselines_err_as_their_closed_forms(measurements: Store, judge: Judge, learner: str, points: int) -> None:
    study = closed_form_errors(learner, points, measurements)
    outcome = paired_equivalent(study["difference"], margin=MARGIN, quantity=f"error of {learner} / d - closed form")
    judge(outcome, study)
