"""V12  Weights half-way between the trained layer and the construction have the same loss.

Source: arXiv 2212.07677, section 3 (interpolation), appendix A.
Quantity: (loss of the mean of both - loss of the trained layer) / best loss of one GD step, paired over an episode's
    queries. The mean is taken of the identified products, the trained ones rescaled by beta, the mean of the first d
    diagonal entries of W_K^T W_Q: (W_K^T W_Q / beta, beta P W_V).
Rule: |mean over episodes| < 0.02, two one-sided tests (TOST); Holm over the three training seeds.
Margin 0.02: as V9.
Refuted by: a loss of the mean that is further from the trained one's.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies.vonoswald.alignment import excess_loss, interpolated, replica

MARGIN = 0.02
SEEDS = (1, 2, 3)


@claim(
    "V12",
    VON_OSWALD.at("section 3"),
    "The mean of trained and constructed weights has the loss of the trained ones.",
    brief="Mean of trained and constructed weights is as good",
    refuted_by="interpolated weights whose loss differs by more than 2% of the best",
    measures="loss half-way between trained weights and the construction",
)
@pytest.mark.regression("icl-objective-lsa-1", "untrained-lsa-1", "shuffled-lsa-1")
@pytest.mark.parametrize("seed", SEEDS)
def test_interpolated_weights_have_the_same_loss(regression: RegressionLab, judge: Judge, seed: int) -> None:
    lab, e = replica(regression, seed), regression.episodes()
    between = interpolated(lab).predict(e.xs, e.ys, e.xq)
    excess = excess_loss(lab, between, lab.in_context()[:, 0])
    judge(paired_equivalent(excess, margin=MARGIN, quantity="(loss of interpolated weights - loss) / best loss"))
