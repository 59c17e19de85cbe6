"""V7  Only the products P W_V and W_K^T W_Q are identified: weights with other factors predict the same.

Source: arXiv 2212.07677, section 2 (the construction is not unique).
Quantity: largest change of a prediction, in standard deviations of y, float64, under W_K -> R W_K, W_Q -> R^-T W_Q,
    W_V -> S W_V, P -> P S^-1, R and S random with singular values between 1/2 and 2.
Rule: deterministic, over all episodes measured: change < 1e-10.
Bound 1e-10: inverting R and S and passing them, with condition number at most 4, in up to four layers may cost two
    orders over V1's rounding.
Refuted by: an episode in which a prediction changes by more.
The share of zeros of W_K before and after stands in the details: element-wise sparsity of a single factor is not
identified, so its absence from trained weights does not speak against the construction.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import after_reparametrisation

BOUND = 1e-10


@claim(
    "V7",
    VON_OSWALD.at("section 2"),
    "Predictions depend on the products of the weight matrices alone, not on their factors.",
    brief="Only products of weight matrices matter",
    refuted_by="factors with the same products that change a prediction by more than rounding",
    needs_icl=False,
    measures="predictions under other factors of the same products, in float64",
)
@pytest.mark.regression("constructed-", "icl-objective-lsa-")
def test_predictions_depend_on_products_alone(regression: RegressionLab, judge: Judge) -> None:
    changes, zeros = after_reparametrisation(regression)
    judge(below(changes, BOUND, quantity="largest change, in sd of y", unit="episode"), zeros_of_w_k=dict(zeros))
