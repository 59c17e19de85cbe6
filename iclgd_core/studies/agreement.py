"""Agreement of learners with ICL, between floor and ceiling (arXiv 2310.08540, section 5)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import get_optimizer
from iclgd_core.metrics import closure, js_agreement, ocs_additive, ocs_bounded, token_overlap
from iclgd_core.studies.chosen import predictions_at

Floats = NDArray[np.float64]
Agreement = Callable[[NDArray[np.float32], NDArray[np.float32]], Floats]

AGREEMENTS: dict[str, Agreement] = {
    "token-overlap": token_overlap,
    "ocs-bounded": ocs_bounded,
    "ocs-additive": ocs_additive,
    "jensen-shannon": js_agreement,
}
"""Agreement of two next-token distributions, in [0, 1], 1 for equal ones; K = 10. OCS in both its readings."""


@dataclass(frozen=True, eq=False)
class AgreementStudy:
    """Agreement with ICL, one number an episode (mean over queries).

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        learner: the most favourable GD.
        floor: zero-shot.
        setting: GD's setting, the one nearest to ICL on tuning episodes by this agreement.
    """

    ceiling: Floats
    learner: Floats
    floor: Floats
    setting: Setting

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        found = closure(self.learner, self.floor, self.ceiling)
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "learning_rate": self.setting.learning_rate,
            "epoch": self.setting.epoch,
            "tuning_agreement": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


def agreement_study(
    lab: Lab, optimizer: str, agreement: str, part: str = "whole", n: int | None = None, n_tuning: int | None = None
) -> AgreementStudy:
    """Measure how near the most favourable GD comes to ICL, and how near ICL comes to itself.

    Args:
        lab: the laboratory.
        optimizer: name of an optimizer.
        agreement: one of AGREEMENTS.
        part: what GD trains, one of models.projections.PARTS.
        n: evaluation episodes; by default the tier's number for this optimizer.
        n_tuning: tuning episodes; likewise.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    agree, rule, tier = AGREEMENTS[agreement], get_optimizer(optimizer), lab.tier
    full_batch = rule.batch is None
    n = n or (tier.episodes if full_batch else tier.minibatch_episodes)
    n_tuning = n_tuning or (tier.tuning_episodes if full_batch else tier.minibatch_tuning_episodes)
    schedule, orders = tier.schedule(rule.rule), 1 if full_batch else tier.tuning_orders
    tuning_icl = lab.in_context(SHOTS, split="tuning", n=n_tuning)[:, 0]
    setting = lab.tune(optimizer, lambda p: agree(p, tuning_icl).mean(-1), schedule, SHOTS, part, n_tuning, orders)
    chosen = predictions_at(lab, setting, optimizer, schedule, n, part=part)
    icl = lab.in_context(SHOTS, orders=2, n=n)
    first, second = icl[:, 0], icl[:, 1]
    return AgreementStudy(
        ceiling=agree(second, first).mean(-1),
        learner=agree(chosen, first).mean(-1),
        floor=agree(lab.zero_shot(n=n), first).mean(-1),
        setting=setting,
    )
