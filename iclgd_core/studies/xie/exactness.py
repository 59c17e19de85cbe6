"""The posterior predictives against the sum over all hidden paths, in a world small enough to write them out."""

from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.learners.bayes import (
    POSTERIORS,
    RESTART,
    chains_by_start_slot,
    enumerated,
    mixture_of_hmms,
)
from iclgd_core.tasks import GincConfig, GincTask

SMALL = GincConfig(n_symbols=12, n_values=3, n_slots=4, n_hmms=4, n_in_mixture=3, seed=4)
"""A world whose prompts have some thousand hidden paths."""
LENGTH, DEMONSTRATIONS, EPISODES, QUERIES = 4, 2, 6, 2


@dataclass(frozen=True, eq=False)
class ExactnessStudy:
    """Largest difference of a probability between forward algorithm and enumeration.

    Attributes:
        account: which posterior.
        differences: of each prompt, by name.
    """

    account: str
    differences: dict[str, float]

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: all differences are rounding, or a mistake."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"posterior": self.account, "k": LENGTH, "demonstrations": DEMONSTRATIONS, "world_seed": SMALL.seed}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {"differences": dict(self.differences)}


def exactness_study(account: str) -> ExactnessStudy:
    """Predict a few prompts of the small world in both ways.

    Args:
        account: one of bayes.POSTERIORS.
    """
    task, found = GincTask(LENGTH, SMALL), {}
    for index in range(EPISODES):
        drawn = task.episode(0, "evaluation", index, QUERIES)
        shown = np.concatenate([drawn.demonstrations, drawn.labels[:, None]], axis=1)[:DEMONSTRATIONS]
        predicted = POSTERIORS[account](task.world, shown, drawn.queries).next_symbol
        for i, query in enumerate(drawn.queries):
            if account == "bayes-mixture":
                whole = np.concatenate([*(np.append(run, drawn.separator) for run in shown), query])
                expected = enumerated(mixture_of_hmms(task.world, RESTART), [], whole)
            else:
                expected = enumerated(chains_by_start_slot(task.world), list(shown), query)
            found[f"episode {index}, query {i}"] = float(np.abs(predicted[i] - expected).max())
    return ExactnessStudy(account, found)
