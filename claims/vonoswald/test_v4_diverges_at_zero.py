"""V4  The construction has no value without demonstrations: P = (eta/N) I diverges at N = 0.

Source: arXiv 2310.08540, section 3.2, on arXiv 2212.07677, appendix A.
Quantity: share of finite numbers at N = 0 on the diagonal of each layer's P, and among the predictions.
Rule: deterministic, for every member: share < 0.5. An identity: the share is 0 or 1, and 0.5 is between them.
Refuted by: a P, or predictions, with a value at N = 0.
The trained layers' P does not depend on N: the divergence is the construction's, not linear attention's. Their shares
stand in the details.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.models.regression.attention_files import load_attention
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import attention_of, finite_without_demonstrations

BOUND = 0.5
TRAINED = "icl-objective-lsa-1"


@claim(
    "V4",
    SHEN.at("section 3.2"),
    "The construction's output projection, and with it its predictions, have no finite value at N = 0.",
    brief="The construction has no value at N = 0",
    refuted_by="an output projection or predictions that are finite without demonstrations",
    needs_icl=False,
    measures="finite numbers without demonstrations",
)
@pytest.mark.regression("constructed-")
def test_the_construction_diverges_without_demonstrations(regression: RegressionLab, judge: Judge) -> None:
    queries = regression.episodes().xq
    shares = finite_without_demonstrations(attention_of(regression), queries)
    trained = finite_without_demonstrations(load_attention(TRAINED), queries)
    outcome = below(shares, BOUND, quantity="share of finite numbers at N = 0", unit="matrix or output")
    judge(outcome, trained=dict(trained))
