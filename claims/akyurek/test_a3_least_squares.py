"""A3  The trained Transformer predicts what least squares predicts: squared prediction difference below 0.01.

Source: arXiv 2211.15661, section 4.3, figure 1: SPD(OLS, ICL) < 0.01 after enough examples; divided by d.
Quantity: mean over queries of (ICL - least squares)^2 / E y^2 after N = 2 d = 10 examples.
Rule: 0.01 - mean over episodes > 0, one-sided tests.
Margin: 0.01 is the paper's own bound, nothing is added to it.
Refuted by: a mean difference of 0.01 or more.
Deviation: d = 5, 10 examples, 4 layers of width 64, 100,000 steps; the paper: d = 8, 40 examples, 16 layers of width
    512, 500,000 steps; so a refutation speaks about this model.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.algorithms import nearest_to_icl

BOUND = 0.01
DEVIATION = (
    "d = 5, 10 examples, 4 layers of width 64, 100,000 steps, so a refutation speaks about this model; the paper: "
    "d = 8, 40 examples, 16 layers of width 512, 500,000 steps"
)


@claim(
    "A3",
    AKYUREK.at("section 4.3, figure 1"),
    "ICL differs from least squares by less than 0.01 of the variance of the answers.",
    brief="ICL is least squares, within 0.01",
    refuted_by="a mean squared prediction difference of 0.01 or more",
    measures="squared prediction difference of ICL from least squares",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
def test_icl_predicts_as_least_squares(regression: RegressionLab, judge: Judge) -> None:
    found = nearest_to_icl(regression, "least-squares", regression.task.shots)
    bound = np.full(len(found.distance), BOUND)
    outcome = paired_greater(bound, found.distance, margin=0.0, quantity="0.01 - squared prediction difference")
    judge(outcome, found.study(), paper_value="< 0.01", deviation=DEVIATION)
