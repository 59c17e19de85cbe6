"""A1  The step on one example is SGD on the squared error with a penalty, and depends on the order of the examples.

Source: arXiv 2211.15661, theorem 1: w' = w - 2 alpha (x x^T w - y x + lambda w).
Quantity: identity: largest difference from the step whose gradient comes from autograd; order: largest change of a
    weight between orders of 40 examples after one pass; both in float64, in d = 8, over 16 random problems.
Rule: deterministic, over all problems: the identity's difference < 1e-12, the order's change > 1e-9.
Bounds: 1e-12 is a thousand roundings of numbers of size 10; 1e-9 as in S1t.
Refuted by: a problem in which the step is not that gradient, or in which no order changes the weights.
So this GD is not that of von Oswald et al., whose full batch has no order.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.stats import above, below
from iclgd_core.studies.akyurek.identities import SETTINGS, step_against_autograd, step_over_orders

ROUNDING = 1e-12
CHANGE = 1e-9


@claim(
    "A1",
    AKYUREK.at("theorem 1"),
    "The step on one example is a gradient step on its penalised squared error, and one pass depends on the order.",
    brief="One-example passes are ridge GD, and ordered",
    refuted_by="a step that is not that gradient's, or a pass that does not depend on the order",
    needs_icl=False,
    measures="the step against autograd's, and weights under other orders, in float64",
)
@pytest.mark.parametrize("part", ["identity", "order"])
def test_the_one_example_step(judge: Judge, part: str) -> None:
    if part == "identity":
        outcome = below(step_against_autograd(), ROUNDING, quantity="difference from autograd's step", unit="problem")
    else:
        outcome = above(step_over_orders(), CHANGE, quantity="change of a weight between orders", unit="problem")
    judge(outcome, SETTINGS)
