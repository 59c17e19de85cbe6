"""U2r  At plain GD's learning rate, layer-causal GD changes attention more like ICL than plain GD does.

Source: arXiv 2311.07772, section 4.4, table 2. The paper finds it by SimAOU (raw and normalised) and by SimAM of
    changes, and the contrary by SimAM itself, which it holds to be a worse metric. Its numbers are of the code's form.
As U2, in the paper's own setting, in which layer-causal GD gets the rate of plain GD though its gradients are larger
(U5n). Accuracies after training stand beside the values: a model that was destroyed has large updates, and any two
large updates look alike by normalised SimAOU (U4).
Quantity: similarity to ICL, mean over layers and queries: SimAOU of h and of h / |h|; SimAM after fine-tuning and of
    the changes of attention maps. Layer-causal GD, as printed and as coded, minus plain GD on the same tokens; keys and
    values, one pass, one demonstration a step.
Rule: mean difference over episodes > 0, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over forms
    and metrics. Learning rate of both: the most accurate of plain GD over the labels on tuning episodes.
Bound 0: "more" is any. Minimum effect 0.07: the paper's mean gap (0.065 raw, 0.092 normalised, 0.069 SimAM of changes).
    64 episodes; the spread on 24 tuning episodes (0.15 for SimAOU) needs 65 for power 0.9 after correction, that of
    SimAM of changes (0.19) 105.
Combines: one form of the loss is enough, by every metric: the paper's text and its code differ.
Refuted by: a metric by which plain GD is the nearer one.
Deviation: the paper steps token by token; here it is one step a demonstration, as in the published code, on the
    mean over its tokens.
Added after the first evaluation of U2, with its rule, bound and episodes unchanged. Where the rates coincide it is U2.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DEUTCH
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.deutch.compared import METRICS
from iclgd_core.studies.deutch.similarity import LAYER_CAUSAL, layer_causal_study

MINIMUM_EFFECT = 0.07
DEVIATION = (
    "one step a demonstration, as the published code, on the mean over tokens, not token by token; read at the last "
    "token of the prompt; SimAM from layer 2 on"
)


@claim(
    "U2r",
    DEUTCH.at("section 4.4, table 2"),
    "Layer-causal GD is more similar to ICL than plain GD, both at the learning rate that is best for plain GD.",
    brief="Layer-causal GD is more like ICL than GD, GD's rate",
    combines="any of form",
    refuted_by="a metric by which plain GD is more similar to ICL",
    measures="similarity to ICL of both, at the learning rate of plain GD",
    trains=(Training.KEYS_VALUES, Training.LAYER_CAUSAL),
    demonstrations=8,
)
@pytest.mark.parametrize("metric", METRICS, ids=lambda name: name.replace("/", "-"))
@pytest.mark.parametrize("form", LAYER_CAUSAL)
def test_layer_causal_gd_is_more_like_icl_at_the_rate_of_gd(lab: Lab, judge: Judge, form: str, metric: str) -> None:
    study = layer_causal_study(lab, form, metric, rate="plain")
    outcome = paired_greater(
        study[f"{form} GD"],
        study["plain GD"],
        margin=0.0,
        quantity=f"similarity to ICL ({metric}), {form} GD - plain GD",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, deviation=DEVIATION)
