"""GD's predictions at a chosen setting; diverged runs stop a verdict and say so, they are never dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import Setting
from iclgd_core.lab.base import BaseLab
from iclgd_core.lab.setting import episodes_of, in_order
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import Optimizer, Schedule
from iclgd_core.learners.gd.run import Predictions

Agreement = Callable[[Predictions, Predictions], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class NearestGd(Generic[Predictions]):
    """The form of GD that is nearest to ICL, and what it is held against, on the same evaluation episodes.

    Attributes:
        setting: GD's.
        learner: its predictions, (episodes, queries, ...), as the others.
        icl, other_order: ICL on the demonstrations as drawn, and in another order.
        zero_shot: no demonstrations.
    """

    setting: Setting
    learner: Predictions
    icl: Predictions
    other_order: Predictions
    zero_shot: Predictions

    def agreement(self, agree: Agreement[Predictions]) -> dict[str, NDArray[np.float64]]:
        """Return the agreement with ICL of ICL in another order ("ceiling"), GD ("learner") and zero-shot ("floor")."""
        shown = {"ceiling": self.other_order, "learner": self.learner, "floor": self.zero_shot}
        return {name: agree(found, self.icl) for name, found in shown.items()}

    def details(self) -> dict[str, Json]:
        """Return the setting and the agreement of all settings on tuning episodes, for reports."""
        return setting_details(self.setting, "agreement")


def nearest_gd(
    lab: BaseLab[Predictions],
    optimizer: str,
    agree: Agreement[Predictions],
    criterion: str,
    schedule: Schedule,
    n: int,
    n_tuning: int,
    orders: int = 1,
    part: str = "whole",
    objective: str = "labels",
) -> NearestGd[Predictions]:
    """Choose the setting of GD that is nearest to ICL on n_tuning tuning episodes; predict on n evaluation episodes.

    Args:
        lab: the laboratory.
        optimizer: name of an optimizer.
        agree: agreement of predictions with ICL's, one number an episode or more.
        criterion: its name, for the record.
        schedule: learning rates and readouts.
        n: evaluation episodes.
        n_tuning: tuning episodes.
        orders: orders of the demonstrations on tuning episodes.
        part: what GD trains, one of models.language.projections.PARTS.
        objective: GD's loss, one of learners.OBJECTIVES.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    aim: Any = lab.in_context(split="tuning", n=n_tuning)
    setting = lab.tune(
        optimizer,
        lambda found: agree(found, aim[: episodes_of(found), 0]),
        schedule,
        part=part,
        n=n_tuning,
        orders=orders,
        criterion=criterion,
        objective=objective,
    )
    learner = predictions_at(lab, setting, optimizer, schedule, n, part=part, objective=objective)
    icl: Any = lab.in_context(orders=2, n=n)
    return NearestGd(setting, learner, icl[:, 0], icl[:, 1], lab.zero_shot(n=n))


def sizes_of(tier: Tier, rule: Optimizer) -> tuple[int, int, int]:
    """Return evaluation episodes, tuning episodes and tuning orders; the order of a full batch does not matter."""
    if rule.batch is None:
        return tier.episodes, tier.tuning_episodes, 1
    return tier.minibatch_episodes, tier.minibatch_tuning_episodes, tier.tuning_orders


def setting_details(setting: Setting, score: str) -> dict[str, Json]:
    """Return a setting and the scores of all settings, for reports."""
    return {
        "learning_rate": setting.learning_rate,
        "epoch": setting.epoch,
        f"tuning_{score}": {rate: dict(row) for rate, row in setting.table.items()},
        **({"edge": setting.edge} if setting.edge else {}),
        **({"unstable_learning_rates": list(setting.unstable)} if setting.unstable else {}),
    }


def predictions_at(
    lab: BaseLab[Predictions],
    setting: Setting,
    optimizer: str,
    schedule: Schedule,
    n: int,
    shots: int | None = None,
    part: str = "whole",
    objective: str = "labels",
) -> Predictions:
    """Return the predictions (episodes, queries, ...) of GD at a setting on n evaluation episodes.

    All readouts of the chosen rate are measured, so that choices which share a rate share the runs. The start of
    GD's path is zero-shot.

    Raises:
        DivergedError: a run diverged.
    """
    if setting.readout is None:
        return lab.zero_shot(n=n)
    only = setting.schedule or Schedule((setting.learning_rate,), schedule.readouts)
    runs = lab.descend(optimizer, only, shots, part=part, n=n, objective=objective)
    refuse_diverged(
        runs.diverged[:, 0, 0, setting.readout],
        f"{optimizer} on {lab.shots if shots is None else shots} demonstrations at learning rate "
        f"{setting.learning_rate:g}",
    )
    return in_order(runs, 0, 0, setting.readout)


def refuse_diverged(diverged: NDArray[np.bool_], what: str) -> None:
    """Raise DivergedError if any run diverged, with how many of how many."""
    if diverged.any():
        raise DivergedError(
            f"{int(diverged.sum())} of {diverged.size} runs of {what} diverged on the evaluation episodes; "
            "their outputs are undefined."
        )


def beyond(setting: Setting) -> str:
    """Return why a better setting may lie beyond those that were tried; empty where the best lies inside."""
    return f"the best setting of GD lies on an edge of what was tried: {setting.edge}" if setting.edge else ""


def best_trained_rate(setting: Setting) -> float | None:
    """Return the learning rate with the highest score at any epoch, the start of GD's path apart.

    Ties go to the smaller rate. None where every run diverged.
    """
    scores = [
        (score, -float(rate))
        for rate, row in setting.table.items()
        if rate != "0"
        for score in row.values()
        if score is not None
    ]
    return -max(scores)[1] if scores else None
