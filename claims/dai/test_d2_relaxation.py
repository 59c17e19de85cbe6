"""D2  The softmax attention of in-context learning is reasonably relaxed to linear attention.

Source: arXiv 2212.10559, section 3.1, which drops softmax and scale "for ease of qualitative analysis"; no measurement.
Quantity: share of the squared length of softmax attention's output, at the last token of a prompt with demonstrations,
    that the best positive multiple of linear attention's explains (cosine squared); mean over layers and queries. One
    factor a head (the more favourable), or one for the heads of a layer together. Curve by layer; in the details the
    share that a plain mean of the values explains.
Rule: mean over episodes > 0.5, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over the two.
Margin 0.5: a relaxation that loses more of the output than it keeps describes something else.
Minimum effect 0.05: a twentieth of the output.
Refuted by: linear attention that explains less than half of what softmax attention gives.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.dual_form import relaxation_study

from .published import NOT_REPORTED

MARGIN = 0.5
MINIMUM_EFFECT = 0.05
DEVIATION = "the paper drops softmax and scale without a measurement"


@claim(
    "D2",
    DAI.at("section 3.1"),
    "Linear attention keeps most of what the softmax attention of in-context learning gives.",
    brief="Linear attention keeps most of softmax attention",
    refuted_by="linear attention that explains less than half of softmax attention's output",
    measures="how far softmax attention is from the dual form",
    demonstrations=8,
)
@pytest.mark.parametrize("factor", ["head", "layer"])
def test_softmax_attention_is_near_linear_attention(lab: Lab, judge: Judge, factor: str) -> None:
    study = relaxation_study(lab)
    outcome = paired_greater(
        study[factor],
        np.zeros_like(study[factor]),
        margin=MARGIN,
        quantity=f"share of softmax attention's output explained, one factor a {factor}",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, paper_value=NOT_REPORTED, deviation=DEVIATION)
