"""Order sensitivity of ICL and of GD on the same demonstrations in the same orders (arXiv 2310.08540, section 4)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import correct, order_sensitivity
from iclgd_core.studies.diverged import refuse_diverged

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderStudy:
    """Order sensitivity, one number an episode.

    Attributes:
        icl: of in-context learning, (episodes,).
        descent: of GD by readout epoch, each (episodes,).
        setting: GD's learning rate, chosen by accuracy on tuning episodes.
        tuning: sensitivity of GD on tuning episodes, {learning rate: {epoch: mean, or None if diverged}}.
        orders: number of orders.
    """

    icl: Floats
    descent: dict[int, Floats]
    setting: Setting
    tuning: dict[str, dict[str, float | None]]
    orders: int

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "icl_sensitivity": float(self.icl.mean()),
            "gd_sensitivity": {str(epoch): float(values.mean()) for epoch, values in self.descent.items()},
            "learning_rate": self.setting.learning_rate,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.setting.table.items()},
            "tuning_sensitivity": {rate: dict(row) for rate, row in self.tuning.items()},
            "orders": self.orders,
            "ddof": 0,
        }


def order_study(lab: Lab, optimizer: str) -> OrderStudy:
    """Measure the order sensitivity of ICL and of one optimizer.

    GD's learning rate is the one with the highest whole-vocabulary accuracy on the tuning episodes.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    orders, n = lab.tier.orders, lab.tier.order_episodes
    answers = lab.answers("tuning", lab.count("tuning"))
    setting = lab.tune(optimizer, lambda p: correct(p, answers).mean(-1))
    readouts = lab.tier.schedule(get_optimizer(optimizer).rule).readouts
    runs = lab.descend(optimizer, Schedule((setting.learning_rate,), readouts), SHOTS, orders, n=n)
    refuse_diverged(runs.diverged, f"{optimizer} at learning rate {setting.learning_rate:g}")
    icl = order_sensitivity(lab.in_context(SHOTS, orders, n=n), axis=1).mean(-1)
    descent = {
        epoch: order_sensitivity(runs.log_probs[:, :, 0, j], axis=1).mean(-1) for j, epoch in enumerate(readouts)
    }
    return OrderStudy(icl, descent, setting, _tuning_sensitivity(lab, optimizer), orders)


def _tuning_sensitivity(lab: Lab, optimizer: str) -> dict[str, dict[str, float | None]]:
    """Order sensitivity at every learning rate, from the runs that chose among them."""
    schedule = lab.tier.schedule(get_optimizer(optimizer).rule)
    runs = lab.descend(optimizer, schedule, SHOTS, lab.tier.tuning_orders, "tuning")
    out: dict[str, dict[str, float | None]] = {}
    for i, rate in enumerate(schedule.learning_rates):
        out[f"{rate:g}"] = {
            str(epoch): None
            if runs.diverged[:, :, i, j].any()
            else float(order_sensitivity(runs.log_probs[:, :, i, j], axis=1).mean())
            for j, epoch in enumerate(schedule.readouts)
        }
    return out
