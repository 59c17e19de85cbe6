"""In-context regression in text: how near learners come to ICL's expected answer, in normalised prediction distance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import get_optimizer
from iclgd_core.metrics import closure_of_agreement
from iclgd_core.metrics.expected_digit import expected_digit, label_log_probs
from iclgd_core.metrics.prediction_distance import npd
from iclgd_core.studies.accounts import closure_records
from iclgd_core.studies.chosen import predictions_at
from iclgd_core.studies.forms import account_of
from iclgd_core.studies.regression_agreement import NPD
from iclgd_core.tasks.text.linear_digits import LinearDigits, answer_variance
from iclgd_core.tasks.text.text_prompts import TextPrompts

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TextRegressionStudy:
    """Agreement with ICL, 1 - npd of expected digits, one number an episode; 1 for the same, unbounded below.

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        learner: the most favourable GD.
        floor: zero-shot.
        error: npd of each learner's expected digit from the right answer, mean over episodes.
        mass: what each learner gives to all ten digits together, mean over queries and episodes.
        setting: GD's, the nearest to ICL on tuning episodes.
        optimizer, model, task: what was measured.
    """

    ceiling: Floats
    learner: Floats
    floor: Floats
    error: Mapping[str, float]
    mass: Mapping[str, float]
    setting: Setting
    optimizer: str
    model: str
    task: str

    @property
    def undefined(self) -> str:
        """Why nothing can be judged here, empty where it can: ICL agrees with itself no more than zero-shot does."""
        return closure_of_agreement(self.learner, self.floor, self.ceiling).undefined

    def curves(self) -> tuple[Curve, ...]:
        """Return no curve."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how GD's setting was chosen."""
        return self.setting.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {
            "agreement": "1 - npd of the expected digit",
            "variance_of_answers": answer_variance(),
            "optimizer": self.optimizer,
            "part": "whole",
            "demonstrations": SHOTS,
        }

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        ends = (self.learner, self.floor, self.ceiling)
        found, account = closure_of_agreement(*ends), account_of(self.optimizer, "whole", "labels")
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "closures": [] if account is None else closure_records(account, self.model, self.task, NPD, *ends),
            "npd_from_answers": dict(self.error),
            "mass_on_digits": dict(self.mass),
            "learning_rate": self.setting.learning_rate,
            "epoch": self.setting.epoch,
            "tuning_agreement": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


def text_regression_study(lab: Lab, optimizer: str) -> TextRegressionStudy:
    """Measure how near the most favourable GD comes to ICL's expected digit, and how near ICL comes to itself.

    Episodes, settings and orders are those of `agreement_study`, so that both share their measurements.

    Args:
        lab: the laboratory, on `LinearDigits`.
        optimizer: name of an optimizer.

    Raises:
        NotRunError: another task, or a tokenizer under which the digits' tokens depend on the episode.
        DivergedError: a run diverged on the evaluation episodes.
    """
    rule, tier = get_optimizer(optimizer), lab.tier
    full_batch, schedule = rule.batch is None, tier.schedule(rule.rule)
    n = tier.episodes if full_batch else tier.minibatch_episodes
    n_tuning = tier.tuning_episodes if full_batch else tier.minibatch_tuning_episodes
    labels, right = _digits(lab, n_tuning, n)
    aim = expected_digit(lab.in_context(SHOTS, split="tuning", n=n_tuning)[:, 0], labels)
    setting = lab.tune(
        optimizer,
        lambda p: _agreement(expected_digit(p, labels), aim),
        schedule,
        n=n_tuning,
        orders=1 if full_batch else tier.tuning_orders,
        criterion="1 - npd of the expected digit",
    )
    icl = lab.in_context(SHOTS, orders=2, n=n)
    found = {
        "icl": icl[:, 0],
        "icl-other-order": icl[:, 1],
        optimizer: predictions_at(lab, setting, optimizer, schedule, n),
        "zero-shot": lab.zero_shot(n=n),
    }
    said = {name: expected_digit(p, labels) for name, p in found.items()}
    return TextRegressionStudy(
        ceiling=_agreement(said["icl-other-order"], said["icl"]),
        learner=_agreement(said[optimizer], said["icl"]),
        floor=_agreement(said["zero-shot"], said["icl"]),
        error={name: float(1.0 - _agreement(one, right).mean()) for name, one in said.items()},
        mass={name: float(np.exp(label_log_probs(p, labels)).sum(-1).mean()) for name, p in found.items()},
        setting=setting,
        optimizer=optimizer,
        model=lab.model.name,
        task=lab.task.name,
    )


def _agreement(f: Floats, g: Floats) -> Floats:
    """1 - npd of expected digits (episodes, queries), (episodes,)."""
    return 1.0 - npd(f[..., None], g[..., None], answer_variance())


def _digits(lab: Lab, n_tuning: int, n: int) -> tuple[tuple[int, ...], Floats]:
    """Return the token ids of the digits, 0 first, and the right digits of the evaluation queries, (n, queries)."""
    if not isinstance(lab.task, LinearDigits):
        raise NotRunError(f"task {lab.task.name!r} has no answers that are numbers; give --iclgd-task=linear-digits.")
    tuning, evaluation = (
        [episode for episode in lab.episodes(split, lab.count(split, count)) if isinstance(episode, TextPrompts)]
        for split, count in (("tuning", n_tuning), ("evaluation", n))
    )
    tokens = {episode.labels.tokens for episode in (*tuning, *evaluation)}
    if len(tokens) != 1:
        raise NotRunError(f"under the tokenizer of {lab.model.name!r} the tokens of digits differ between episodes.")
    right = [[row.label for row in episode.episode.queries] for episode in evaluation]
    return tokens.pop(), np.array(right, dtype=np.float64)
