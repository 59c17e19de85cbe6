"""Layer-causal GD against plain GD: which of them changes attention as ICL does (arXiv 2311.07772, section 4.4)."""

from dataclasses import replace

from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.studies.dai.fine_tuning import fine_tuning
from iclgd_core.studies.dai.similarity import similarity_study
from iclgd_core.studies.deutch.compared import EPISODES, compared_figure, compared_study

LAYER_CAUSAL = ("layer-causal", "layer-causal-code")

RATES = ("own", "plain")
"""Learning rate of layer-causal GD: the most accurate for itself, or that of plain GD (the paper's)."""

PAPER = {
    "sim-aou/raw": "LCGD 0.167, GD 0.102",
    "sim-aou/normalised": "LCGD 0.279, GD 0.187",
    "sim-am/after": "LCGD 0.283, GD 0.435",
    "sim-am/delta": "LCGD 0.336, GD 0.267",
}
"""Table 2: means over six tasks, a model of 1.3 billion weights."""


def layer_causal_study(lab: Lab, form: str, metric: str, rate: str = "own") -> Study:
    """Compare one pass of layer-causal GD (candidate) and of plain GD (reference).

    The rate of plain GD is the most accurate on tuning episodes. Accuracies on tuning episodes by rate are reported for
    both, so that one sees what layer-causal GD does at the rate that it is given.

    Args:
        lab: the laboratory.
        form: one of LAYER_CAUSAL.
        metric: one of compared.METRICS.
        rate: one of RATES.

    Returns:
        Similarity to ICL of "FORM GD" and "plain GD".

    Raises:
        DivergedError: a run diverged.
    """
    n, plain, own = lab.count(n=EPISODES), fine_tuning(lab), fine_tuning(lab, form)
    causal = own if rate == "own" else replace(own, rate=plain.rate)
    accuracies = own.setting.table
    learners = {f"{form} GD": (form, causal), "plain GD": ("sgd1", plain)}
    return compared_study(
        metric,
        {
            label: [similarity_study(lab, how=how, n=n, figure=compared_figure(metric, learner, label))]
            for label, (learner, how) in learners.items()
        },
        PAPER[metric],
        rate_of_layer_causal_gd=rate,
        tuning_accuracy_before_training=accuracies["0"]["0"],
        tuning_accuracy_of_layer_causal_gd=accuracies[f"{causal.rate:g}"]["1"],
        tuning_accuracy_of_plain_gd=plain.setting.table[f"{plain.rate:g}"]["1"],
    )
