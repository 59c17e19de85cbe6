"""A4  The trained Transformer is nearer to least squares than to GD and to learners that store examples.

Source: arXiv 2211.15661, section 4.3, figure 1 (least squares, one GD step, one pass of SGD, nearest neighbours).
Quantity: squared prediction difference from ICL / E y^2 after 10 examples, rival - least squares. A rival's rate is the
    one nearest to ICL on tuning episodes.
Rule: mean paired difference over episodes > 0.02; Holm over rivals.
Margin 0.02: twice what the paper's Transformer leaves between itself and least squares.
Refuted by: a rival as near to ICL as least squares, within the margin.
Deviation: as in A3: 100,000 steps instead of 500,000, so a refutation speaks about this model.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.algorithms import nearest_to_icl

MARGIN = 0.02
RIVALS = ("gd-one-step", "sgd-one-pass", "averaging", "nearest-neighbours")
DEVIATION = (
    "d = 5, 10 examples, 4 layers of width 64, 100,000 steps, so a refutation speaks about this model; the paper: "
    "d = 8, 40 examples, 16 layers of width 512, 500,000 steps"
)


@claim(
    "A4",
    AKYUREK.at("section 4.3, figure 1"),
    "ICL is nearer to least squares than to one step of GD, one pass of SGD, averaging and nearest neighbours.",
    brief="ICL is nearest to least squares",
    refuted_by="a rival that is as near to ICL as least squares",
    measures="squared prediction differences from ICL, of least squares and of rivals",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
@pytest.mark.parametrize("rival", RIVALS)
def test_icl_is_nearest_to_least_squares(regression: RegressionLab, judge: Judge, rival: str) -> None:
    shots = regression.task.shots
    other = nearest_to_icl(regression, rival, shots)
    own = nearest_to_icl(regression, "least-squares", shots)
    outcome = paired_greater(
        other.distance, own.distance, margin=MARGIN, quantity=f"distance of {rival} from ICL - that of least squares"
    )
    judge(outcome, other.study(), least_squares_distance=float(own.distance.mean()), deviation=DEVIATION)
