"""Accuracy of ICL with the right labels in its demonstrations, with random ones, and with none (arXiv 2202.12837)."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct, correct_among
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks import GincTask
from iclgd_core.tasks.relabelled import DRAWS, RelabelledTask, UnlabelledTask

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RandomLabelStudy:
    """Accuracy of ICL with 8 demonstrations, one number an episode (mean over queries).

    Attributes:
        gold: with the demonstrations' own labels.
        other: with the other labels that `labels` names.
        zero_shot: without demonstrations.
        labels: "uniform", "marginal" or "none".
        scope: the "vocabulary", or the "labels" alone.
        least_gain: what the right labels must gain over no demonstrations for others to be able to cost anything; None
            where the study is not about a loss.
    """

    gold: Floats
    other: Floats
    zero_shot: Floats
    labels: str
    scope: str
    least_gain: float | None = None

    @property
    def undefined(self) -> str:
        """Why no loss can be judged here, empty where one can: demonstrations with right labels gain too little."""
        gain = float((self.gold - self.zero_shot).mean())
        if self.least_gain is None or gain >= self.least_gain:
            return ""
        return (
            f"right labels gain {gain:.3f} of accuracy over the {self.scope} ({self.gold.mean():.3f}, "
            f"{self.zero_shot.mean():.3f} without demonstrations), less than {self.least_gain:g}: nothing to lose"
        )

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: there is no axis."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        fixed: dict[str, Json] = {"labels": self.labels, "scope": self.scope, "demonstrations": SHOTS}
        return fixed | ({} if self.least_gain is None else {"least_gain_of_right_labels": self.least_gain})

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "gold_accuracy": float(self.gold.mean()),
            f"{self.labels}_accuracy": float(self.other.mean()),
            "zero_shot_accuracy": float(self.zero_shot.mean()),
        }


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


def random_label_study(
    lab: Lab, labels: str, scope: str = "vocabulary", least_gain: float | None = None
) -> RandomLabelStudy:
    """Measure ICL with other labels beside ICL with the right ones, on the same inputs and queries.

    Args:
        lab: the laboratory.
        labels: "uniform", "marginal" or "none".
        scope: what the accuracy is over, one of accuracy.SCOPES.
        least_gain: what right labels must gain over no demonstrations for a loss to be judged, in accuracy.

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

    return RandomLabelStudy(
        gold=accuracy(lab.in_context(n=n)[:, 0]),
        other=accuracy(other.in_context(n=n)[:, 0]),
        zero_shot=accuracy(lab.zero_shot(n=n)),
        labels=labels,
        scope=scope,
        least_gain=least_gain,
    )
