"""U5n  Gradients of layer-causal GD are larger than those of plain GD.

Source: arXiv 2311.07772, appendix C (the learning rate is the same for both all the same).
Quantity: log10 of the ratio of gradient norms, layer-causal over plain, of W_K and W_V of all layers together, of each
    demonstration at the model's own weights; mean over an episode's demonstrations.
Rule: mean over episodes > 0, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over forms.
Bound 0: "larger" is any. Minimum effect 0.1: a quarter more; the paper shows it on a logarithmic axis.
Quick: 24 episodes, as U5.
Refuted by: a form whose gradients are on average the smaller ones.
The layer-causal loss is a sum over layers, as in the paper; the number of layers alone would make it larger.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.deutch.gradients import LAYER_CAUSAL, gradient_study

MINIMUM_EFFECT = 0.1


@claim(
    "U5n",
    DEUTCH.at("appendix C"),
    "Gradients of layer-causal GD are larger than those of plain GD.",
    brief="Layer-causal gradients are larger than GD's",
    refuted_by="a form of the loss whose gradients are the smaller ones",
    measures="norms of the gradients of layer-causal and plain GD",
    trains=(Training.KEYS_VALUES, Training.LAYER_CAUSAL),
    demonstrations=8,
)
@pytest.mark.parametrize("form", LAYER_CAUSAL)
def test_layer_causal_gradients_are_larger(lab: Lab, judge: Judge, form: str) -> None:
    study = gradient_study(lab, form)
    outcome = paired_greater(
        study["log10 of the norm ratio"],
        np.zeros_like(study["log10 of the norm ratio"]),
        margin=0.0,
        quantity=f"log10 gradient norm, {form} - plain",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, paper_value="larger, on a log scale")
