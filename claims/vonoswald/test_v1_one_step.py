"""V1  One layer of linear self-attention, constructed by hand, makes exactly one step of gradient descent.

Source: arXiv 2212.07677, proposition 1.
Quantity: largest difference of a prediction from GD whose gradient autograd takes, in standard deviations of y,
    float64, in each episode; GD starts at W0 = 0, and at a random W0.
Rule: deterministic, over all episodes measured: difference < 1e-12.
Bound 1e-12: rounding (2e-16) grown by the some hundred sums and products of a prediction stays two orders below it.
Refuted by: an episode in which the two differ by more.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import STARTS, against_autograd

BOUND = 1e-12


@claim(
    "V1",
    VON_OSWALD.at("proposition 1"),
    "The constructed layer of linear self-attention predicts what one exact step of gradient descent predicts.",
    brief="One constructed layer is one step of GD",
    refuted_by="an episode in which a prediction differs from that of GD by more than rounding",
    needs_icl=False,
    measures="difference of the constructed layer from a GD step by autograd, in float64",
)
@pytest.mark.regression("constructed-lsa-1")
@pytest.mark.parametrize("start", STARTS)
def test_a_constructed_layer_is_one_step_of_gd(regression: RegressionLab, judge: Judge, start: str) -> None:
    differences = against_autograd(regression, start)
    judge(below(differences, BOUND, quantity="largest difference from GD, in sd of y", unit="episode"))
