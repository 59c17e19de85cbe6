"""A2  Rank-one updates by Sherman and Morrison give ridge regression, after every example and in any order.

Source: arXiv 2211.15661, theorem 2.
Quantity: closed-form: largest difference of a weight from (X^T X + lambda I)^-1 X^T y over all numbers of examples from
    0 to 40; order: largest change of a weight between orders; in float64, in d = 8, over 16 random problems.
Rule: deterministic, over all problems: < 1e-9.
Bound 1e-9: 40 updates of inverses whose condition number is below 1e3 lose at most five of sixteen digits.
Refuted by: a problem in which the updates differ from the closed form, or between orders, by more.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.stats import below
from iclgd_core.studies.akyurek.identities import (
    SETTINGS,
    sherman_morrison_against_ridge,
    sherman_morrison_over_orders,
)

BOUND = 1e-9
MEASURES = {"closed-form": sherman_morrison_against_ridge, "order": sherman_morrison_over_orders}


@claim(
    "A2",
    AKYUREK.at("theorem 2"),
    "Sherman-Morrison updates are ridge regression exactly, whatever the order of the examples.",
    brief="Sherman-Morrison updates are ridge regression",
    refuted_by="an update that differs from the closed form, or depends on the order",
    needs_icl=False,
    measures="rank-one updates against ridge regression, in float64",
)
@pytest.mark.parametrize("part", sorted(MEASURES))
def test_sherman_morrison_is_ridge(judge: Judge, part: str) -> None:
    judge(below(MEASURES[part](), BOUND, quantity=f"largest difference, {part}", unit="problem"), SETTINGS)
