"""D1  Linear attention over demonstrations and query is attention over the query plus a sum of outer products.

    W_V [X'; X] (W_K [X'; X])^T q  =  ( W_ZSL + sum_i (W_V x'_i) (W_K x'_i)^T ) q

Source: arXiv 2212.10559, sections 2 and 3.1.
Quantity: distance of the two sides relative to their length, largest over heads and queries, by layer; float64, on the
    model's own projections and hidden states.
Rule: deterministic: in every layer below 1e-10.
Bound 1e-10: each side sums tokens times head dimensions, some thousand products, so that rounding (1e-16 each) reaches
    1e-12 at worst; where terms cancel, a hundred times more is still below the bound.
Refuted by: a layer in which the sides differ by more than rounding.
An identity of algebra for any matrices: it says nothing about softmax attention, which D2 does.
"""

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import below
from iclgd_core.studies.dai.dual_form import identity_study

from .published import ROTARY

BOUND = 1e-10


@claim(
    "D1",
    DAI.at("sections 2 and 3.1"),
    "Linear attention over further tokens equals an update of the matrix applied to the query by their outer products.",
    brief="Linear attention is an update by outer products",
    refuted_by="a layer in which the two sides differ by more than rounding",
    needs_icl=False,
    measures="the dual form of linear attention",
    demonstrations=8,
)
def test_linear_attention_has_a_dual_form(lab: Lab, judge: Judge) -> None:
    study = identity_study(lab)
    outcome = below(study.numbers, BOUND, quantity="relative distance of the two sides of the dual form", unit="layer")
    judge(outcome, study, paper_value="exact, by derivation", deviation=ROTARY)
