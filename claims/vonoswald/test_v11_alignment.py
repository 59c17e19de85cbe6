"""V11  The trained layer is aligned with one GD step: predictions and their sensitivities to the query.

Source: arXiv 2212.07677, section 3, figure 2: cosine about 1, both differences about 0.
Quantity: per episode, against the best GD step: mean |difference of predictions| in standard deviations of y; cosine
    of the derivatives of the prediction with respect to the query; |difference of the derivatives| / |GD's|.
Rule: mean over episodes beyond the bound, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    metrics and training seeds.
Bounds: cosine > 0.99, as is told of the source's end state. Two derivatives of equal length at that cosine differ by
    sqrt(2 - 2 x 0.99) = 0.141 of it, and predictions by about 0.08 of y's standard deviation on average (0.141 x
    sqrt(0.5), GD's share of y's variance, x 0.8, mean of |normal|): so difference < 0.141 and < 0.08.
Refuted by: a metric that is not beyond its bound.
Deviation: 96 episodes of 8 queries instead of 10^4 of one.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.vonoswald.alignment import METRICS, alignment, replica

BOUNDS = {"prediction-difference": 0.08, "sensitivity-cosine": 0.99, "sensitivity-difference": 0.141}
PAPER = {"prediction-difference": "about 0", "sensitivity-cosine": "about 1", "sensitivity-difference": "about 0"}
SEEDS = (1, 2, 3)
DEVIATION = "96 episodes of 8 queries instead of 10^4 of one"


@claim(
    "V11",
    VON_OSWALD.at("section 3, figure 2"),
    "A trained layer and one step of gradient descent agree in predictions and in sensitivity to the query.",
    brief="A trained layer aligns with one step of GD",
    refuted_by="predictions or sensitivities that differ as at a cosine below 0.99",
    measures="differences and cosine of predictions and sensitivities, against one GD step",
)
@pytest.mark.regression("icl-objective-lsa-1", "untrained-lsa-1", "shuffled-lsa-1")
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_trained_layer_is_aligned_with_gd(regression: RegressionLab, judge: Judge, seed: int, metric: str) -> None:
    values = alignment(replica(regression, seed), metric)
    bound = np.full_like(values, BOUNDS[metric])
    larger, smaller = (values, bound) if metric == "sensitivity-cosine" else (bound, values)
    outcome = paired_greater(larger, smaller, margin=0.0, quantity=f"{metric}, distance on the right side of its bound")
    judge(outcome, value=float(values.mean()), bound=BOUNDS[metric], paper_value=PAPER[metric], deviation=DEVIATION)
