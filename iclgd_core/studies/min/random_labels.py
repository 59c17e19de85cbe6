"""Accuracy of ICL with the right labels in its demonstrations, with random ones, and with none (arXiv 2202.12837)."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct, correct_among
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks import GincTask
from iclgd_core.tasks.relabelled import DRAWS, RelabelledTask, UnlabelledTask

Floats = NDArray[np.float64]


def relabelled(lab: Lab, labels: str) -> Lab:
    """Return the laboratory with other labels in its demonstrations: "uniform", "marginal" or "none".

    Raises:
        NotRunError: no labels, and a task whose demonstrations cannot lose theirs.
    """
    if labels in DRAWS:
        return replace(lab, task=RelabelledTask(lab.task, labels))
    if not isinstance(lab.task, GincTask):
        raise NotRunError(f"demonstrations of task {lab.task.name!r} cannot be written without labels.")
    return replace(lab, task=UnlabelledTask(lab.task))


def random_label_study(lab: Lab, labels: str, scope: str = "vocabulary", least_gain: float | None = None) -> Study:
    """Measure ICL with other labels beside ICL with the right ones, on the same inputs and queries.

    Args:
        lab: the laboratory.
        labels: "uniform", "marginal" or "none".
        scope: what the accuracy is over, one of accuracy.SCOPES.
        least_gain: what right labels must gain over no demonstrations for others to be able to cost anything, in
            accuracy; None where the study is not about a loss.

    Returns:
        Accuracy with 8 demonstrations, mean over queries: with their "own labels" and with "other labels"; "zero-shot".

    Raises:
        NotRunError: a task whose demonstrations cannot be relabelled.
    """
    n = lab.count("evaluation", lab.tier.accuracy_episodes)
    other = relabelled(lab, labels)

    def accuracy(log_probs: LogProbs) -> Floats:
        answers = lab.answers("evaluation", n)
        if scope == "vocabulary":
            return np.asarray(correct(log_probs, answers).mean(-1))
        sets = lab.label_sets("evaluation", n)
        return np.array([correct_among(log_probs[e], answers[e], sets[e]).mean() for e in range(n)])

    own, others, none = (
        accuracy(p) for p in (lab.in_context(n=n)[:, 0], other.in_context(n=n)[:, 0], lab.zero_shot(n=n))
    )
    least: dict[str, Json] = {} if least_gain is None else {"least_gain_of_right_labels": least_gain}
    return Study(
        numbers={"own labels": own, "other labels": others, "zero-shot": none},
        details={
            "gold_accuracy": float(own.mean()),
            f"{labels}_accuracy": float(others.mean()),
            "zero_shot_accuracy": float(none.mean()),
        },
        fixed={"labels": labels, "scope": scope, "demonstrations": SHOTS, **least},
        undefined="" if least_gain is None else nothing_to_lose(own, none, scope, least_gain),
    )


def nothing_to_lose(own: Floats, zero_shot: Floats, scope: str, least_gain: float) -> str:
    """Return why no loss can be judged, empty where one can: demonstrations with right labels gain too little."""
    gain = float((own - zero_shot).mean())
    if gain >= least_gain:
        return ""
    return (
        f"right labels gain {gain:.3f} of accuracy over the {scope} ({own.mean():.3f}, "
        f"{zero_shot.mean():.3f} without demonstrations), less than {least_gain:g}: nothing to lose"
    )
