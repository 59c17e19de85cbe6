"""Accuracy of ICL and of GD with the same, or with many more, demonstrations (arXiv 2310.08540, table 1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule
from iclgd_core.metrics import correct, correct_among
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.chosen import predictions_at
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

SCOPES = ("vocabulary", "labels")
"""Over what the prediction is the argmax: the whole vocabulary (Shen) or the label set (Dai)."""


@dataclass(frozen=True, eq=False)
class AccuracyStudy:
    """Accuracy, one number an episode (mean over queries).

    Attributes:
        icl: in-context learning.
        descent: gradient descent.
        zero_shot: no demonstrations.
        shots: demonstrations of ICL; trained_on: demonstrations of GD.
        setting: GD's setting, the most accurate on tuning episodes.
        optimizer, scope: GD's optimizer, and what the accuracy is over.
    """

    icl: Floats
    descent: Floats
    zero_shot: Floats
    shots: int
    trained_on: int
    setting: Setting
    optimizer: str
    scope: str

    def curves(self) -> tuple[Curve, ...]:
        """Return accuracy by number of demonstrations: one point of ICL, one of GD, and zero-shot."""
        quantity, axis = accuracy_of(self.scope), "demonstrations"
        return (
            Curve(quantity, "icl", "ICL", axis, (sampled(self.shots, self.icl),), x_log=True),
            Curve(quantity, self.optimizer, "GD", axis, (sampled(self.trained_on, self.descent),), x_log=True),
            Curve(quantity, "zero-shot", "zero-shot", axis, (everywhere(self.zero_shot),), x_log=True),
        )

    def tuning(self) -> dict[str, Json]:
        """Return how GD's setting was chosen."""
        return self.setting.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {
            "scope": self.scope,
            "optimizer": self.optimizer,
            "icl_demonstrations": self.shots,
            "gd_demonstrations": self.trained_on,
        }

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "icl_accuracy": float(self.icl.mean()),
            "gd_accuracy": float(self.descent.mean()),
            "zero_shot_accuracy": float(self.zero_shot.mean()),
            "icl_demonstrations": self.shots,
            "gd_demonstrations": self.trained_on,
            "learning_rate": self.setting.learning_rate,
            "epoch": self.setting.epoch,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


def accuracy_study(lab: Lab, shots: int, scope: str) -> AccuracyStudy:
    """Compare ICL and full-batch GD on the same demonstrations.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    tier = lab.tier
    return _study(lab, "gd", tier.schedule("sgd"), shots, shots, scope, tier.accuracy_episodes, tier.tuning_episodes)


def many_study(lab: Lab, trained_on: int) -> AccuracyStudy:
    """Compare ICL with 8 demonstrations and SGD in batches of 8 on many more, over the whole vocabulary.

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
) -> AccuracyStudy:
    def tuning_score(log_probs: LogProbs) -> Floats:
        return _accuracy(lab, log_probs, "tuning", scope)

    setting = lab.tune(optimizer, tuning_score, schedule, trained_on, n=n_tuning, criterion=f"accuracy, {scope}")
    chosen = predictions_at(lab, setting, optimizer, schedule, n, trained_on)
    return AccuracyStudy(
        icl=_accuracy(lab, lab.in_context(shots, n=n)[:, 0], "evaluation", scope),
        descent=_accuracy(lab, chosen, "evaluation", scope),
        zero_shot=_accuracy(lab, lab.zero_shot(n=n), "evaluation", scope),
        shots=shots,
        trained_on=trained_on,
        setting=setting,
        optimizer=optimizer,
        scope=scope,
    )


def _accuracy(lab: Lab, log_probs: LogProbs, split: str, scope: str) -> Floats:
    n = len(log_probs)
    answers = lab.answers(split, n)
    if scope == "vocabulary":
        return np.asarray(correct(log_probs, answers).mean(-1))
    sets = lab.label_sets(split, n)
    return np.array([correct_among(log_probs[e], answers[e], sets[e]).mean() for e in range(n)])
