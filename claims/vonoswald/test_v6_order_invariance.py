"""V6  The construction's predictions do not depend on the order of the demonstrations.

Source: arXiv 2212.07677, proposition 1 (a sum over demonstrations, no positions); arXiv 2310.08540, theorem 1, needs
    it of anything that equals full-batch GD.
Quantity: largest change of a prediction over four orders, in standard deviations of y, float64, in each episode.
Rule: deterministic, over all episodes measured: change < 1e-12; sums in another order differ by rounding.
Refuted by: an episode in which an order changes a prediction by more.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import over_orders

BOUND = 1e-12


@claim(
    "V6",
    VON_OSWALD.at("proposition 1"),
    "The order of the demonstrations does not change what the constructed layers predict.",
    brief="The construction ignores the order of examples",
    refuted_by="an episode in which another order changes a prediction by more than rounding",
    needs_icl=False,
    measures="predictions of the construction under other orders, in float64",
)
@pytest.mark.regression("constructed-")
def test_the_construction_does_not_depend_on_the_order(regression: RegressionLab, judge: Judge) -> None:
    judge(below(over_orders(regression), BOUND, quantity="largest change over orders, in sd of y", unit="episode"))
