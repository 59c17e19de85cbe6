"""A5  One layer learns as one step of GD; two and more layers as ridge regression.

Source: arXiv 2211.15661, section 4.3, figure 3 (algorithmic phases by depth: 1 layer, 2 to 4 layers, 8 and more).
Quantity: squared prediction difference from ICL / E y^2 after 10 examples; for a model of one layer, ridge - one GD
    step; for a deeper one, one GD step - ridge. Rate and ridge are those nearest to ICL on tuning episodes.
Rule: mean paired difference over episodes > 0.02, for each model apart.
Margin 0.02: as in A4.
Refuted by: a depth that is as near to the other algorithm.
Deviation: d = 5, 10 examples, width 64; the paper: d = 8, 40 examples, width up to 512, and 8 and more layers, which
    turn from ridge to least squares; 100,000 steps at 4 layers, 50,000 at 1 and 2.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.depth import by_depth

MARGIN = 0.02
DEVIATION = "1, 2 and 4 layers of width 64, d = 5, 10 examples; the paper: 1 to 16 layers, d = 8, 40 examples"


@claim(
    "A5",
    AKYUREK.at("section 4.3, figure 3"),
    "A Transformer of one layer learns as one step of GD, deeper ones as ridge regression.",
    brief="One layer learns as a GD step, more as ridge",
    refuted_by="a depth at which ICL is as near to the other algorithm",
    measures="squared prediction differences from ICL, of one GD step and of ridge, by depth",
)
@pytest.mark.regression(
    "icl-objective-gpt2-1-layer",
    "icl-objective-gpt2-2-layers",
    "icl-objective-gpt2-4-layers",
    "untrained-gpt2-4-layers",
    "shuffled-gpt2-4-layers",
)
def test_the_algorithm_follows_from_the_depth(regression: RegressionLab, judge: Judge) -> None:
    study = by_depth(regression)
    outcome = paired_greater(
        study["other"],
        study["predicted"],
        margin=MARGIN,
        quantity="distance from ICL, the other algorithm - the predicted",
    )
    judge(outcome, study, deviation=DEVIATION)
