"""Accuracy of ICL and of an exact posterior by number of demonstrations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import Lab
from iclgd_core.metrics import correct
from iclgd_core.studies.points import sampled
from iclgd_core.studies.xie.bayes_predictions import bayes_predictions, ginc_task

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BayesAccuracyStudy:
    """Accuracy over the whole vocabulary, one number an episode (mean over queries).

    Attributes:
        icl: of ICL with `shots` demonstrations.
        bayes: of the posterior on the same prompts.
        shots: demonstrations.
        account: which posterior.
    """

    icl: Floats
    bayes: Floats
    shots: int
    account: str

    def curves(self) -> tuple[Curve, ...]:
        """Return one point of each, by number of demonstrations."""
        quantity, axis = accuracy_of("vocabulary"), "demonstrations"
        return (
            Curve(quantity, "icl", "ICL", axis, (sampled(self.shots, self.icl),), x_log=True),
            Curve(quantity, self.account, "Bayes", axis, (sampled(self.shots, self.bayes),), x_log=True),
        )

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"account": self.account, "demonstrations": self.shots, "scope": "vocabulary"}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {"icl_accuracy": float(self.icl.mean()), "bayes_accuracy": float(self.bayes.mean())}


def bayes_accuracy_study(lab: Lab, account: str, shots: int) -> BayesAccuracyStudy:
    """Compare the accuracy of ICL and of a posterior on the same prompts.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    ginc_task(lab)
    n = lab.count("evaluation", lab.tier.accuracy_episodes)
    answers = lab.answers("evaluation", n)
    icl, bayes = lab.in_context(shots, n=n)[:, 0], bayes_predictions(lab, account, shots, n=n)
    return BayesAccuracyStudy(correct(icl, answers).mean(-1), correct(bayes, answers).mean(-1), shots, account)
