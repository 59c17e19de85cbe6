"""V13  Out of the training distribution, too, the trained layer does what the GD step does.

Source: arXiv 2212.07677, section 3 and appendix (inputs U(-alpha, alpha), teacher alpha W, other laws of x).
Quantity: |prediction - GD's|^2 / E |GD's|^2, mean over an episode's queries; GD keeps the rate that is best on the
    training distribution.
Rule: mean over episodes < 0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over the shifts.
Margin 0.02: the square of 0.141, the relative difference that V11's cosine of 0.99 allows.
Refuted by: a shift under which the two part.
Deviation: shifts by the factors 1/2, 2 and 3 instead of curves over alpha; normal, exponential and Laplace inputs have
    the standard deviation of the training inputs; the first training seed alone.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.vonoswald.alignment import SHIFTS, distance_when_shifted

MARGIN = 0.02
DEVIATION = "shifts by the factors 1/2, 2 and 3 instead of curves over alpha; the first training seed alone"


@claim(
    "V13",
    VON_OSWALD.at("section 3, out-of-distribution tests"),
    "On inputs and teachers that it was not trained on, a trained layer predicts as the same step of GD.",
    brief="Out of distribution, a trained layer still is GD",
    refuted_by="a shift of inputs or teacher under which predictions differ from GD's by more than 2% of its power",
    measures="difference of the trained layer from the GD step, on shifted inputs",
)
@pytest.mark.regression("icl-objective-lsa-1", "untrained-lsa-1", "shuffled-lsa-1")
@pytest.mark.parametrize("shift", SHIFTS)
def test_a_trained_layer_is_gd_out_of_distribution(regression: RegressionLab, judge: Judge, shift: str) -> None:
    distances = distance_when_shifted(regression, shift)
    bound = np.full_like(distances, MARGIN)
    outcome = paired_greater(bound, distances, margin=0.0, quantity=f"{MARGIN:g} - relative squared distance from GD")
    judge(outcome, relative_distance=float(distances.mean()), deviation=DEVIATION)
