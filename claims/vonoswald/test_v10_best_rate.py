"""V10  The trained layer makes its GD step at the rate that is best in closed form.

Source: arXiv 2212.07677, section 3 and appendix A (GD's rate by grid search).
Quantity: rate of the GD step nearest to the model's predictions, least squares over an episode's queries, divided by
    the closed form eta = 1 / (s2 c), c = (N + d + k - 2) / N; minus 1.
Rule: |mean over episodes| < 0.05, two one-sided tests (TOST); Holm over the three training seeds.
Margin 0.05: a rate that is 5% off costs 0.3% of the loss, which training on noisy gradients hardly sees; the source's
    grid is 1.6% wide at its best rate.
Refuted by: a rate that is further from the closed form.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies.vonoswald.alignment import closed_rate, rates, replica

MARGIN = 0.05
SEEDS = (1, 2, 3)


@claim(
    "V10",
    VON_OSWALD.at("section 3, appendix A"),
    "The step that a trained layer makes has the learning rate that is best in expectation.",
    brief="A trained layer steps at the best learning rate",
    refuted_by="a learning rate further than 5% from the closed form",
    measures="learning rate of the GD step nearest to the trained layer",
)
@pytest.mark.regression("icl-objective-lsa-1", "icl-objective-lsa-1-half", "untrained-lsa-1", "shuffled-lsa-1")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_trained_layer_steps_at_the_best_rate(regression: RegressionLab, judge: Judge, seed: int) -> None:
    lab = replica(regression, seed)
    relative = rates(lab) - 1.0
    best = closed_rate(lab)
    judge(
        paired_equivalent(relative, margin=MARGIN, quantity="learning rate / closed form - 1"),
        closed_form_rate=best,
        rate=best * (1.0 + float(relative.mean())),
    )
