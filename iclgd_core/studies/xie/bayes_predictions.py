"""Predictions of the exact posteriors on a laboratory's episodes; the restart rate is chosen on tuning episodes."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.measuring import from_arrays, to_arrays
from iclgd_core.lab.store import source_version
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.bayes import POSTERIORS, RESTART, mixture_likelihoods
from iclgd_core.learners.bayes.predictive import predictive
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.agreements import AGREEMENTS
from iclgd_core.tasks import GincTask
from iclgd_core.tasks.ginc.prompts import GincPrompts

Floats = NDArray[np.float64]

RESTARTS = (RESTART, 1e-9, 1e-6, 1e-3, 1e-2, 1e-1)
"""Restart rates of the mixture: from the limit, where only the impossible restarts, to one step in ten."""


@dataclass(frozen=True)
class Favourable:
    """The restart rate at which the mixture agrees most with ICL on tuning episodes.

    Attributes:
        restart: the rate; RESTART for a posterior that has none.
        table: mean agreement by rate; empty where nothing was chosen.
        protocol: how it was chosen.
    """

    restart: float = RESTART
    table: dict[str, Json] = field(default_factory=dict)
    protocol: dict[str, Json] = field(default_factory=dict)


def ginc_task(lab: Lab) -> GincTask:
    """Return the laboratory's task, if its exact posterior is known.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
    """
    if not isinstance(lab.task, GincTask):
        raise NotRunError(
            f"task {lab.task.name!r} has no known distribution, so no exact posterior; the claim is about GINC."
        )
    return lab.task


def bayes_predictions(
    lab: Lab,
    account: str,
    shots: int = SHOTS,
    split: str = "evaluation",
    n: int | None = None,
    restart: float = RESTART,
) -> LogProbs:
    """Return the posterior predictive of each query behind the first `shots` demonstrations; computed once and stored.

    Args:
        lab: the laboratory; its model gives the vocabulary alone.
        account: one of bayes.POSTERIORS.
        shots: demonstrations, in the order as drawn.
        split: of the episodes.
        n: episodes; by default the tier's number.
        restart: restart rate of the mixture; the posterior with structure has none.

    Returns:
        Log-probabilities (episodes, queries, vocabulary).

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
        UnknownNameError: no such posterior.
    """
    if account not in POSTERIORS:
        raise UnknownNameError("posterior", account, POSTERIORS)
    world, vocabulary = ginc_task(lab).world, int(lab.model.config.vocab_size)
    drawn = [episode for episode in lab.episodes(split, lab.count(split, n)) if isinstance(episode, GincPrompts)]
    orders = np.tile(np.arange(shots), (len(drawn), 1, 1))
    reading = POSTERIORS[account]
    key: Key = {
        "learner": account,
        "reading": source_version("learners/bayes"),
        "world": str(world.config),
        "episodes": [episode.digest for episode in drawn],
        "shots": shots,
        "vocabulary": vocabulary,
    }
    if account == "bayes-mixture":
        reading, key = partial(mixture_likelihoods, restart=restart), {**key, "restart": restart}

    def compute() -> Arrays:
        return to_arrays(predictive(reading, world, drawn, orders, vocabulary)[:, 0])

    return from_arrays(lab.store.measure(key, compute))


def favourable_restart(lab: Lab, account: str, agreement: str, n: int | None = None) -> Favourable:
    """Choose the mixture's restart rate: the nearest to ICL on tuning episodes; ties go to the smaller rate.

    Args:
        lab: the laboratory.
        account: one of bayes.POSTERIORS; only the mixture has a rate.
        agreement: one of AGREEMENTS.
        n: tuning episodes; by default the tier's number.
    """
    if account != "bayes-mixture":
        return Favourable()
    n, agree = lab.count("tuning", n), AGREEMENTS[agreement]
    icl = lab.in_context(SHOTS, split="tuning", n=n)[:, 0]
    scores = {r: float(agree(bayes_predictions(lab, account, SHOTS, "tuning", n, r), icl).mean()) for r in RESTARTS}
    protocol: dict[str, Json] = {
        "split": "tuning",
        "episodes": n,
        "demonstrations": SHOTS,
        "restart_rates": list(RESTARTS),
        "criterion": f"highest mean {agreement}",
    }
    best = max(scores, key=lambda rate: (scores[rate], -rate))
    return Favourable(best, {f"{rate:g}": score for rate, score in scores.items()}, protocol)
