"""Fine-tuning as arXiv 2212.10559 does it: keys and values, one pass in the order of the prompt, one example a step."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.devices import Workload
from iclgd_core.errors import DivergedError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.lab.store import source_version
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.trained_weights import trained_weights
from iclgd_core.metrics import correct, correct_among
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.chosen import best_trained_rate, refuse_diverged
from iclgd_core.tasks.prompts import EpisodePrompts, Prompt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPTIMIZER, PART = "sgd1", "kv"
QUERIES = 16
"""Queries of an episode on which activations are read; the mean over them is one number of many an episode."""

_READING_CODE = ("models/activations", "metrics", "studies/dai")


@dataclass(frozen=True)
class FineTuning:
    """One way to fine-tune, with the learning rate that was chosen for it.

    Attributes:
        rate: the learning rate.
        setting: how it was chosen; its own rate may be 0 (not training), `rate` is the best that trains at all.
        objective, part, optimizer: what is minimised, what is trained, and how.
        scope: over what the accuracy is that chose the rate, "labels" (Dai) or "vocabulary" (Shen).
    """

    rate: float
    setting: Setting
    objective: str = "lm"
    part: str = PART
    optimizer: str = OPTIMIZER
    scope: str = "labels"

    @property
    def schedule(self) -> Schedule:
        """One pass at the chosen rate."""
        return Schedule((self.rate,), (1,))

    def key(self) -> dict[str, str | float]:
        """Return what decides the trained weights, for a measurement's key."""
        return {"objective": self.objective, "part": self.part, "optimizer": self.optimizer, "rate": self.rate}

    @property
    def settings(self) -> dict[str, Json]:
        """What was fixed beforehand, for a study."""
        return {"objective": self.objective, "part": self.part, "optimizer": self.optimizer}

    @property
    def protocol(self) -> dict[str, Json]:
        """How the rate was chosen, for a study."""
        return self.setting.protocol | {"not_training_is_a_choice": False}

    @property
    def chosen(self) -> dict[str, Json]:
        """The rate, and the accuracies that it was chosen by, for the details of a study."""
        return {
            "learning_rate": self.rate,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


def fine_tuning(
    lab: Lab, objective: str = "lm", scope: str = "labels", part: str = PART, optimizer: str = OPTIMIZER
) -> FineTuning:
    """Choose the learning rate with the highest accuracy after one pass, on tuning episodes.

    The paper's criterion; the paper applies it to the queries that it reports. Not training is no choice, since without
    training there is no update to compare. Ties go to the smaller rate.

    Args:
        lab: the laboratory.
        objective: one of learners.OBJECTIVES; the paper's is "lm".
        scope: accuracy over the "labels" (the paper) or the "vocabulary".
        part: what is trained; the paper's is "kv".
        optimizer: the paper's is SGD with one example a step.

    Raises:
        DivergedError: every rate diverged.
    """
    n = lab.count("tuning")

    def score(log_probs: LogProbs) -> Floats:
        return np.asarray(right(lab, log_probs, scope, "tuning").mean(-1))

    setting = lab.tune(
        optimizer,
        score,
        lab.tier.one_pass,
        part=part,
        n=n,
        orders=lab.tier.tuning_orders,
        criterion=f"accuracy, {scope}",
        objective=objective,
    )
    rate = best_trained_rate(setting)
    if rate is None:
        raise DivergedError("every learning rate diverged on the tuning episodes; there is no setting to judge.")
    return FineTuning(rate, setting, objective, part, optimizer, scope)


def right(lab: Lab, log_probs: LogProbs, scope: str, split: str = "evaluation") -> Floats:
    """Return whether each prediction is right, 0 or 1, (episodes, queries), over the "labels" or the "vocabulary"."""
    answers = lab.answers(split, len(log_probs))
    if scope == "vocabulary":
        return correct(log_probs, answers)
    sets = lab.label_sets(split, len(log_probs))
    return np.stack([correct_among(log_probs[e], answers[e], sets[e]) for e in range(len(log_probs))])


def trained(
    lab: Lab, how: FineTuning, drawn: list[EpisodePrompts], orders: Ints
) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
    """Yield the index of each episode with its trained weights; keep no more than one or two at a time.

    Args:
        lab: the laboratory.
        how: the fine-tuning.
        drawn: the episodes.
        orders: demonstrations of each, (episodes, n).

    Raises:
        DivergedError: weights that are not finite.
    """
    runs = trained_weights(
        lab.model, drawn, orders[:, None], get_optimizer(how.optimizer), how.schedule, how.part, how.objective
    )
    for e, (_, weights) in enumerate(runs):
        lost = not all(bool(torch.isfinite(weight).all()) for weight in weights.values())
        refuse_diverged(np.array([lost]), f"{how.optimizer} at learning rate {how.rate:g}")
        yield e, dict(weights)


def first_order(lab: Lab, n: int) -> Ints:
    """Return the demonstrations of each of the first evaluation episodes as drawn, (n, demonstrations)."""
    return lab.orders("evaluation", n, SHOTS, 1)[:, 0]


def common_tail(prompt: Prompt, alone: Prompt) -> int:
    """Return how many last tokens two prompts share: the query's, with and without demonstrations before it."""
    n = min(len(prompt.ids), len(alone.ids))
    differs = np.flatnonzero(prompt.ids[-n:][::-1] != alone.ids[-n:][::-1])
    return int(differs[0]) if len(differs) else n


def measured(
    lab: Lab, name: str, n: int, settings: Mapping[str, str | int | float], compute: Callable[[], Arrays]
) -> Arrays:
    """Measure something once for all tests that ask for it; the key holds the code that reads it as well.

    Args:
        lab: the laboratory.
        name: what is measured.
        n: the first evaluation episodes on which it is.
        settings: whatever else decides the numbers.
        compute: makes the arrays.
    """
    drawn = lab.episodes("evaluation", n)
    longest = max(len(prompt.ids) for prompt in drawn[0].prompts(first_order(lab, 1)[0]))
    work = Workload("icl", QUERIES, longest, keeps_scores=True)
    return lab.stored(
        name, drawn, {"shots": SHOTS, "reading": source_version(*_READING_CODE), **settings}, work, compute
    )
