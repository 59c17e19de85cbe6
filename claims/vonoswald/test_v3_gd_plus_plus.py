"""V3  With inputs that change by layer, the construction is GD++; its first layer alone is plain GD.

Source: arXiv 2212.07677, section 3 (GD++) and appendix A.
Quantity: largest difference from GD++ by its own equations, for every number of layers; and of the first layer from
    one GD step; in standard deviations of y, float64.
Rule: deterministic, for every member: difference < 1e-12.
Bound 1e-12: as V1.
Refuted by: a member that differs by more.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import VON_OSWALD
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import by_layer, first_layer_from_gd

BOUND = 1e-12


@claim(
    "V3",
    VON_OSWALD.at("section 3, appendix A"),
    "The constructed layers that also curve the inputs are GD++, whose first step is that of GD.",
    brief="Constructed layers that curve inputs are GD++",
    refuted_by="a depth at which the predictions differ from the recursion by more than rounding",
    needs_icl=False,
    measures="difference of the construction from GD++, in float64",
)
@pytest.mark.regression("constructed-gd++")
@pytest.mark.parametrize("recursion", ["gd++", "gd-first-layer"])
def test_layers_that_curve_inputs_are_gd_plus_plus(regression: RegressionLab, judge: Judge, recursion: str) -> None:
    if recursion == "gd++":
        differences, unit = by_layer(regression, "gd++"), "depth"
    else:
        differences, unit = first_layer_from_gd(regression), "episode"
    judge(below(differences, BOUND, quantity=f"largest difference from {recursion}, in sd of y", unit=unit))
