"""F1  GD needs tenfold the steps for a tenfold condition number, Newton's iteration a constant number more.

Source: arXiv 2310.17086, section 3: GD O(kappa log 1/eps), Newton O(log kappa + log log 1/eps).
Quantity: fewest steps to an error of 1e-6 of any weight, for kappa = 10 to 10^4 (d = 20, geometric spectrum, rate
    1 / |S| and M_0 = S / |S S^T|): gd: |steps at 10 kappa / steps at kappa - 10|; newton: iterations at 10 kappa -
    iterations at kappa.
Rule: deterministic, over all decades: gd < 1; newton < 8.
Bounds: GD's number is ln(1/eps) / -ln(1 - 1/kappa), whose ratio is 10.5 at kappa = 10 and falls to 10; Newton squares
    the residual 1 - kappa^-2, which takes 2 log2(10) = 6.6 iterations a decade; counting in whole ones adds up to 1.
Refuted by: a decade beyond its bound.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import FU
from iclgd_core.evidence.study import Judge
from iclgd_core.stats import below
from iclgd_core.studies.garg.convergence import by_condition, descent_steps, growth, newton_iterations, study

MOST_ADDED = 8.0
OFF_TENFOLD = 1.0


@claim(
    "F1",
    FU.at("section 3"),
    "GD's steps grow as the condition number does, the iterations of Newton's method as its logarithm.",
    brief="GD's steps grow with kappa, Newton's with log kappa",
    refuted_by="a decade of condition numbers in which GD's steps do not grow tenfold, or Newton's by 8 or more",
    needs_icl=False,
    measures="steps of GD and of Newton's iteration by condition number",
)
@pytest.mark.parametrize("algorithm", ["gd", "newton"])
def test_steps_grow_with_the_condition_number(judge: Judge, algorithm: str) -> None:
    if algorithm == "gd":
        steps = by_condition(descent_steps)
        off = {decade: abs(ratio - 10.0) for decade, ratio in growth(steps, ratio=True).items()}
        outcome = below(off, OFF_TENFOLD, quantity="distance of the growth from tenfold", unit="decade")
    else:
        steps = by_condition(newton_iterations)
        outcome = below(growth(steps, ratio=False), MOST_ADDED, quantity="iterations added", unit="decade")
    judge(outcome, study(steps), paper_value="kappa = 100: Newton 21 iterations, GD about 2000 steps")
