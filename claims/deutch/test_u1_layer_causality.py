"""U1  Under layer-causal GD a layer's gradient does not depend on the layers above it; under plain GD it does.

Source: arXiv 2311.07772, section 4.4 (why plain GD cannot be what a forward pass does).
Quantity: relative change of the gradient of W_K and W_V of layer l, in float64, when every weight of one layer above it
    gets noise of a tenth of its root mean square; all pairs of layers, two episodes, loss of all tokens.
Rule: deterministic, over all pairs: layer-causal GD as printed and as coded, change < 1e-9; plain GD, change > 1e-6.
Bounds: 1e-9 as for theorem 1 of arXiv 2310.08540: float64 rounding (1e-16) grown by a forward and a backward pass is
    far below it. 1e-6: a thousand times that, so no rounding, and a hundred-thousandth of the noise.
Refuted by: a pair of layers for which it is the other way.
An identity of the losses: it says nothing of ICL, and holds on any model.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import above, below
from iclgd_core.studies.deutch.invariant import LOSSES, invariant_study

ROUNDING = 1e-9
FELT = 1e-6


@claim(
    "U1",
    DEUTCH.at("section 4.4"),
    "The layer-causal gradient of a layer does not depend on the layers above it; the gradient of plain GD does.",
    brief="Layer-causal gradients do not feel the layers above",
    refuted_by="a layer whose layer-causal gradient feels a layer above it, or whose plain gradient does not",
    needs_icl=False,
    measures="whether a layer's gradient depends on the layers above",
    needs=Needs(layers=2, next_tokens=True),
    trains=(Training.FLOAT64,),
    demonstrations=8,
)
@pytest.mark.parametrize("loss", LOSSES)
def test_no_layer_learns_from_those_above_it(lab: Lab, judge: Judge, loss: str) -> None:
    study = invariant_study(lab, loss)
    quantity = f"relative change of a layer's gradient, {loss}"
    if loss == "lm":
        outcome = above(study.numbers, FELT, quantity=quantity, unit="pair of layers")
    else:
        outcome = below(study.numbers, ROUNDING, quantity=quantity, unit="pair of layers")
    judge(outcome, study)
