"""U5  The updates of plain and of layer-causal GD have a cosine of about 0.1 to 0.2.

Source: arXiv 2311.07772, appendix B.
Quantity: cosine of the two updates of W_K and W_V of all layers after one pass over the demonstrations, to first order
    in the learning rate: sums of the demonstrations' gradients at the model's own weights, loss of all tokens.
Rule: |mean over episodes - 0.15| < 0.10 by two one-sided tests (equivalence; sign flips and bootstrap-t, both must
    reject); Holm over forms.
Margin 0.10: "about 0.1 to 0.2" with half that range on either side, from 0.05 to 0.25.
Quick: 24 episodes; the cosine is a mean over many weights and scatters little between episodes.
Combines: one form of the loss is enough: the paper's text and its code differ.
Refuted by: a mean cosine below 0.05 or above 0.25.
In the code's form the last layer's own loss is that of plain GD, so its cosine there is 1: with fewer layers than the
    paper's 24 the whole is nearer to 1.
Deviation: first order, so that no learning rate has to be chosen; appendix B does not say which weights it compares.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_equivalent
from iclgd_core.studies.deutch.gradients import LAYER_CAUSAL, gradient_study

CENTRE = 0.15
MARGIN = 0.10


@claim(
    "U5",
    DEUTCH.at("appendix B"),
    "The updates of plain and of layer-causal GD have a cosine of about 0.1 to 0.2.",
    brief="Updates of GD and layer-causal GD: cosine 0.1 to 0.2",
    combines="any of form",
    refuted_by="a mean cosine below 0.05 or above 0.25",
    measures="cosine of the updates of layer-causal and plain GD",
    trains=(Training.KEYS_VALUES, Training.LAYER_CAUSAL),
    demonstrations=8,
)
@pytest.mark.parametrize("form", LAYER_CAUSAL)
def test_the_updates_point_apart(lab: Lab, judge: Judge, form: str) -> None:
    study = gradient_study(lab, form)
    outcome = paired_equivalent(
        study["cosine"] - CENTRE, margin=MARGIN, quantity=f"cosine of plain and {form} update - {CENTRE}"
    )
    judge(outcome, study, paper_value="0.1 to 0.2", deviation="first order in the learning rate")
