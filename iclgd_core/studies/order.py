"""Order sensitivity of ICL and of GD on the same demonstrations in the same orders (arXiv 2310.08540, section 4)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import correct, order_sensitivity
from iclgd_core.studies.chosen import refuse_diverged

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderStudy:
    """Order sensitivity, one number an episode.

    Attributes:
        icl: of in-context learning, (episodes,).
        descent: of GD by readout epoch, each (episodes,).
        learning_rate: GD's, chosen by accuracy on tuning episodes.
        accuracy: of GD on tuning episodes, {learning rate: {epoch: mean, or None if diverged}}.
        tuning: sensitivity of GD on tuning episodes, in the same form.
        icl_tuning: sensitivity of ICL on tuning episodes, in as many orders as `tuning`.
        orders: number of orders of the evaluation.
    """

    icl: Floats
    descent: dict[int, Floats]
    learning_rate: float
    accuracy: dict[str, dict[str, float | None]]
    tuning: dict[str, dict[str, float | None]]
    icl_tuning: float
    orders: int

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "icl_sensitivity": float(self.icl.mean()),
            "gd_sensitivity": {str(epoch): float(values.mean()) for epoch, values in self.descent.items()},
            "learning_rate": self.learning_rate,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.accuracy.items()},
            "icl_tuning_sensitivity": self.icl_tuning,
            "tuning_sensitivity": {rate: dict(row) for rate, row in self.tuning.items()},
            "orders": self.orders,
            "ddof": 0,
        }


def order_study(lab: Lab, optimizer: str) -> OrderStudy:
    """Measure the order sensitivity of ICL and of one optimizer.

    GD's learning rate is the one with the highest whole-vocabulary accuracy, at its best readout, on the tuning
    episodes; not training is no choice here.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    orders, n, n_tuning = lab.tier.orders, lab.tier.order_episodes, lab.tier.minibatch_tuning_episodes
    schedule = lab.tier.schedule(get_optimizer(optimizer).rule)
    answers = lab.answers("tuning", lab.count("tuning", n_tuning))
    setting = lab.tune(
        optimizer, lambda p: correct(p, answers).mean(-1), schedule, n=n_tuning, orders=lab.tier.tuning_orders
    )
    rate = _best_rate(setting)
    runs = lab.descend(optimizer, Schedule((rate,), schedule.readouts), SHOTS, orders, n=n)
    refuse_diverged(runs.diverged, f"{optimizer} at learning rate {rate:g}")
    icl = order_sensitivity(lab.in_context(SHOTS, orders, n=n), axis=1).mean(-1)
    descent = {
        epoch: order_sensitivity(runs.log_probs[:, :, 0, j], axis=1).mean(-1)
        for j, epoch in enumerate(schedule.readouts)
    }
    tuning_icl = lab.in_context(SHOTS, lab.tier.tuning_orders, "tuning", n_tuning)
    icl_tuning = float(order_sensitivity(tuning_icl, axis=1).mean())
    return OrderStudy(
        icl, descent, rate, setting.table, _tuning_sensitivity(lab, optimizer, schedule), icl_tuning, orders
    )


def _best_rate(setting: Setting) -> float:
    """Return the learning rate of the highest score in the table, the start of GD's path apart.

    Raises:
        DivergedError: every setting diverged.
    """
    scores = [
        (score, -float(rate))
        for rate, row in setting.table.items()
        if rate != "0"
        for score in row.values()
        if score is not None
    ]
    if not scores:
        raise DivergedError("every learning rate diverged on the tuning episodes; there is no setting to judge.")
    return -max(scores)[1]


def _tuning_sensitivity(lab: Lab, optimizer: str, schedule: Schedule) -> dict[str, dict[str, float | None]]:
    """Order sensitivity at every learning rate, from the runs that chose among them."""
    tier = lab.tier
    runs = lab.descend(optimizer, schedule, SHOTS, tier.tuning_orders, "tuning", n=tier.minibatch_tuning_episodes)
    out: dict[str, dict[str, float | None]] = {}
    for i, rate in enumerate(schedule.learning_rates):
        out[f"{rate:g}"] = {
            str(epoch): None
            if runs.diverged[:, :, i, j].any()
            else float(order_sensitivity(runs.log_probs[:, :, i, j], axis=1).mean())
            for j, epoch in enumerate(schedule.readouts)
        }
    return out
