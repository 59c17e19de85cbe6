"""A6  The moment X^T y and the weights w can be read out of the trained Transformer's hidden states.

Source: arXiv 2211.15661, section 5, figure 4: a probe decodes X^T y at about layer 7 to 8 of 16, w at about layer 12.
Quantity: squared error / variance of a probe after 10 examples, at its best layer on held-out tuning prompts; control -
    trained. The probe averages the states of all tokens with learnt weights and has one hidden layer, as in the paper.
    Controls: the same architecture with fresh weights; the trained one's states with the targets shuffled.
Rule: mean paired difference over evaluation episodes > 0.1; Holm over targets and controls.
Margin 0.1: a tenth of the target's variance; what a probe of an untrained model finds by itself is in the control.
Refuted by: a control from which a target is read as well, within the margin.
Deviation: 4 layers, d = 5, 10 examples. A first probe, which read two tokens instead of weighting all, fitted noise
    (errors above 1 on held-out prompts, whatever the layer) and was replaced after it had been judged.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.probes import CONTROLS, TARGETS, probed

MARGIN = 0.1
PAPER_VALUES = {"moment": "best at about layer 7 to 8 of 16", "weights": "best at about layer 12 of 16"}
DEVIATION = "4 layers of width 64, d = 5, 10 examples; the paper: 16 layers of width 512, d = 8, 40 examples"


@claim(
    "A6",
    AKYUREK.at("section 5, figure 4"),
    "X^T y and w can be decoded from the hidden states of the trained Transformer, not from those of controls.",
    brief="X'y and w can be decoded from hidden states",
    refuted_by="a control from which they are decoded as well",
    measures="error of probes of hidden states, against control models and control targets",
)
@pytest.mark.regression("icl-objective-gpt2-4-layers", "untrained-gpt2-4-layers", "shuffled-gpt2-4-layers")
@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("target", TARGETS)
def test_the_states_hold_moment_and_weights(regression: RegressionLab, judge: Judge, target: str, control: str) -> None:
    study = probed(regression, target, control)
    outcome = paired_greater(
        study["control"],
        study["trained"],
        margin=MARGIN,
        quantity=f"error of the probe for the {target}, {control} - trained",
    )
    judge(outcome, study, paper_value=PAPER_VALUES[target], deviation=DEVIATION)
