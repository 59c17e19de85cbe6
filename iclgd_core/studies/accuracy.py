"""Accuracy of ICL and of GD with the same, or with many more, demonstrations (arXiv 2310.08540, table 1)."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import Schedule
from iclgd_core.metrics import correct, correct_among
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.chosen import beyond, predictions_at, setting_details
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

SCOPES = ("vocabulary", "labels")
"""Over what the prediction is the argmax: the whole vocabulary (Shen) or the label set (Dai)."""


def accuracy_study(lab: Lab, shots: int, scope: str) -> Study:
    """Compare ICL and full-batch GD on the same demonstrations: accuracy of "icl", "gd" and "zero-shot".

    GD's setting is the most accurate on tuning episodes.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    tier = lab.tier
    return _study(lab, "gd", tier.schedule("sgd"), shots, shots, scope, tier.accuracy_episodes, tier.tuning_episodes)


def many_study(lab: Lab, trained_on: int) -> Study:
    """Compare ICL with 8 demonstrations and SGD in batches of 8 on many more, over the whole vocabulary.

    As `accuracy_study`.

    Raises:
        NotRunError: the task holds fewer demonstrations an episode.
        DivergedError: a run diverged on the evaluation episodes.
    """
    tier = lab.tier
    n, n_tuning = tier.many_episodes, tier.size_tuning_episodes
    pool = min(lab.episodes(split, 1)[0].pool for split in ("tuning", "evaluation"))
    if trained_on > pool:
        raise NotRunError(f"GD is to have {trained_on} demonstrations, but {lab.task.name} holds {pool} an episode.")
    return _study(lab, "sgd8", tier.many_schedule, SHOTS, trained_on, "vocabulary", n, n_tuning)


def _study(
    lab: Lab,
    optimizer: str,
    schedule: Schedule,
    shots: int,
    trained_on: int,
    scope: str,
    n: int,
    n_tuning: int,
) -> Study:
    def tuning_score(log_probs: LogProbs) -> Floats:
        return _accuracy(lab, log_probs, "tuning", scope)

    setting = lab.tune(optimizer, tuning_score, schedule, trained_on, n=n_tuning, criterion=f"accuracy, {scope}")
    chosen = predictions_at(lab, setting, optimizer, schedule, n, trained_on)
    icl = _accuracy(lab, lab.in_context(shots, n=n)[:, 0], "evaluation", scope)
    gd = _accuracy(lab, chosen, "evaluation", scope)
    zero_shot = _accuracy(lab, lab.zero_shot(n=n), "evaluation", scope)
    quantity, axis = accuracy_of(scope), "demonstrations"
    demonstrations: dict[str, Json] = {"icl_demonstrations": shots, "gd_demonstrations": trained_on}
    return Study(
        {"icl": icl, "gd": gd, "zero-shot": zero_shot},
        {
            "icl_accuracy": float(icl.mean()),
            "gd_accuracy": float(gd.mean()),
            "zero_shot_accuracy": float(zero_shot.mean()),
            **demonstrations,
            **setting_details(setting, "accuracy"),
        },
        {"scope": scope, "optimizer": optimizer, **demonstrations},
        setting.protocol,
        (
            Curve(quantity, "icl", "ICL", axis, (sampled(shots, icl),), x_log=True),
            Curve(quantity, optimizer, "GD", axis, (sampled(trained_on, gd),), x_log=True),
            Curve(quantity, "zero-shot", "zero-shot", axis, (everywhere(zero_shot),), x_log=True),
        ),
        edge=beyond(setting),
    )


def _accuracy(lab: Lab, log_probs: LogProbs, split: str, scope: str) -> Floats:
    n = len(log_probs)
    answers = lab.answers(split, n)
    if scope == "vocabulary":
        return np.asarray(correct(log_probs, answers).mean(-1))
    sets = lab.label_sets(split, n)
    return np.array([correct_among(log_probs[e], answers[e], sets[e]).mean() for e in range(n)])
