"""D5  After fine-tuning, attention to the query's tokens is more like that of ICL than before (SimAM).

Source: arXiv 2212.10559, section 4.
Quantity: cosine of the scores (before the softmax) of the last token to the query's tokens, ICL's with the fine-tuned
    model's minus ICL's with zero-shot's; mean over heads and queries, and over all layers (the paper), or from layer 2
    on. In layer 1 of a model with rotary positions demonstrations cannot change these scores, so that any training
    takes them further away. Curve by layer; SimAM_delta (arXiv 2311.07772) in the details. Fine-tuning as in D3.
Rule: mean difference over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    both.
Margin 0.02: a quarter of the smaller of the paper's two average gains (0.079).
Minimum effect 0.02: half of that gain lies beyond the margin.
Refuted by: attention that fine-tuning does not bring nearer to that of ICL by more than the margin.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.layers import LayerFigure
from iclgd_core.studies.dai.similarity import similarity_study

from .published import POSITION, SIM_AM, beside

MARGIN = 0.02
MINIMUM_EFFECT = 0.02
FIRST = {"all": 0, "from-2": 1}
FIGURE = LayerFigure(
    "SimAM (-1 to 1)",
    {
        "sim-am/before": ("zero-shot", "before fine-tuning"),
        "sim-am/after": ("sgd1", "after fine-tuning"),
        "sim-am/delta": ("delta", "fine-tuning"),
    },
    apart={"sim-am/delta": "SimAM of changes, delta (-1 to 1)"},
)


@claim(
    "D5",
    DAI.at("section 4"),
    "Fine-tuning makes attention to the query's tokens more like that of ICL.",
    brief="Fine-tuning makes attention more like ICL's",
    refuted_by="attention that fine-tuning does not bring nearer to that of ICL by more than 0.02",
    measures="SimAM: attention maps before and after fine-tuning",
    needs=Needs(layers=2),
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("layers", FIRST)
def test_fine_tuning_brings_attention_nearer_to_icl(lab: Lab, judge: Judge, layers: str) -> None:
    study = similarity_study(lab, figure=FIGURE, first=FIRST[layers])
    outcome = paired_greater(
        study["sim-am/after"],
        study["sim-am/before"],
        margin=MARGIN,
        quantity=f"SimAM, after fine-tuning - before, layers: {layers}",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, **beside(SIM_AM, POSITION))
