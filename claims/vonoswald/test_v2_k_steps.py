"""V2  K layers of the construction, one after the other, are K steps of gradient descent.

Source: arXiv 2212.07677, section 2 and appendix A (K layers).
Quantity: largest difference of the first k layers' predictions from those of k steps of GD by autograd, for every k up
    to the number of layers, in standard deviations of y, float64.
Rule: deterministic, at every k: difference < 1e-12.
Bound 1e-12: as V1; the steps' rate is below 2 / |S|, so a step does not make rounding grow.
Refuted by: a number of layers after which the two differ by more.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import by_layer

BOUND = 1e-12


@claim(
    "V2",
    VON_OSWALD.at("section 2, appendix A"),
    "Each further layer of the construction is one further exact step of gradient descent.",
    brief="K constructed layers are K steps of GD",
    refuted_by="a number of layers whose predictions differ from those of as many GD steps by more than rounding",
    needs_icl=False,
    measures="difference of k constructed layers from k GD steps, in float64",
)
@pytest.mark.regression("constructed-lsa-4")
def test_k_layers_are_k_steps_of_gd(regression: RegressionLab, judge: Judge) -> None:
    judge(below(by_layer(regression), BOUND, quantity="largest difference from GD, in sd of y", unit="depth"))
