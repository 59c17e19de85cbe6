"""D4  ICL and fine-tuning change the outputs of attention in the same direction (SimAOU).

Source: arXiv 2212.10559, section 4; raw form and the like-for-like baseline: arXiv 2311.07772, section 3.
Quantity: cosine of both changes of the attention block's output, mean over layers and queries, minus that of a random
    update; of normalised outputs (the paper's code) and of raw ones. Random updates: uniform in [0, 1), not centred
    (the paper's); centred; and a random direction as long as fine-tuning's update, the only one that shares the
    geometry of normalising. Curve by layer. Fine-tuning as in D3, by the language-model loss (the paper) and by that of
    the labels alone (arXiv 2310.08540), each at its own rate.
Rule: mean difference over episodes > 0.05, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    losses, forms and baselines.
Margin 0.05: the smallest of the paper's twelve values is 0.080; below 0.05 an update shares less than a quarter of a
    per cent of its squared length with the other.
Minimum effect 0.05: as much again; the spread on 24 tuning episodes (0.13) needs about 90 for power 0.9.
Combines: one of the losses is enough, by every form and baseline: the claim is about fine-tuning, not about one loss.
Refuted by: updates no nearer to each other than a random one, within the margin.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.layers import LOSSES, LayerFigure
from iclgd_core.studies.dai.similarity import BASELINES, NORMALISATIONS, similarity_study

from .published import POSITION, SIM_AOU, beside

MARGIN = 0.05
MINIMUM_EFFECT = 0.05


@claim(
    "D4",
    DAI.at("section 4"),
    "ICL changes the outputs of attention in the direction in which fine-tuning changes them.",
    brief="ICL moves attention outputs as fine-tuning does",
    combines="any of loss",
    refuted_by="updates no nearer to each other than a random update, within 0.05",
    measures="SimAOU: updates of attention outputs",
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("form", NORMALISATIONS)
@pytest.mark.parametrize("loss", ["lm", "labels"])
def test_icl_moves_attention_outputs_as_fine_tuning_does(
    lab: Lab, judge: Judge, loss: str, form: str, baseline: str
) -> None:
    name = f"sim-aou/{form}"
    lines = {name: ("sgd1", "fine-tuning"), f"{name}/{baseline}": (baseline, f"random update, {baseline}")}
    study = similarity_study(lab, loss, figure=LayerFigure(f"SimAOU, {form} (-1 to 1)", lines, LOSSES[loss]))
    outcome = paired_greater(
        study[name],
        study[f"{name}/{baseline}"],
        margin=MARGIN,
        quantity=f"SimAOU ({form}), fine-tuning - random update ({baseline})",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, **beside(SIM_AOU[form], POSITION))
