"""V8  If the query is a key and value as well, it adds the value 2 W0 x_q: the identity then needs W0 x_q = 0.

Source: arXiv 2212.07677, section 2 and appendix A (remark on W0 near 0); the factor is derived here.
Quantity: largest difference of the change of a prediction from -(2 eta / N) |x_q|^2 W0 x_q, in standard deviations of
    y, float64, in each episode; with W0 = 0 that is no change at all.
Rule: deterministic, over all episodes measured: difference < 1e-12, as V1.
Refuted by: an episode in which the query's own key changes a prediction by anything else.
Deviation: the source calls W0 = 0 an approximation that suffices; the formula says what is left of it otherwise.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import STARTS, with_query_as_key

BOUND = 1e-12


@claim(
    "V8",
    VON_OSWALD.at("section 2, appendix A"),
    "The query as a key adds the value 2 W0 x_q, so the construction stays exact where W0 x_q = 0, and only there.",
    brief="The query as a key adds 2 W0 x",
    refuted_by="an episode in which the query as a key changes a prediction by another amount",
    needs_icl=False,
    measures="what the query adds as a key and value, in float64",
)
@pytest.mark.regression("constructed-lsa-1")
@pytest.mark.parametrize("start", STARTS)
def test_the_query_as_key_adds_twice_its_start(regression: RegressionLab, judge: Judge, start: str) -> None:
    differences, changes = with_query_as_key(regression, start)
    outcome = below(differences, BOUND, quantity="change - derived change, in sd of y", unit="episode")
    judge(outcome, largest_change=max(changes.values()))
