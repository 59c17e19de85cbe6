"""Order sensitivity of ICL and of GD on the same demonstrations in the same orders (arXiv 2310.08540, section 4)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.curves import ORDER_SENSITIVITY, Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import correct, order_sensitivity
from iclgd_core.studies.chosen import best_trained_rate, refuse_diverged
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderStudy:
    """Order sensitivity, one number an episode.

    Attributes:
        icl: of in-context learning, (episodes,).
        descent: of GD by readout epoch, each (episodes,).
        learning_rate: GD's, chosen by accuracy on tuning episodes.
        accuracy: of GD on tuning episodes, {learning rate: {epoch: mean, or None if diverged}}.
        tuning_sensitivity: of GD on tuning episodes, in the same form.
        icl_tuning: sensitivity of ICL on tuning episodes, in as many orders as `tuning`.
        orders: number of orders of the evaluation.
        optimizer: GD's.
        protocol: how GD's learning rate was chosen.
    """

    icl: Floats
    descent: dict[int, Floats]
    learning_rate: float
    accuracy: dict[str, dict[str, float | None]]
    tuning_sensitivity: dict[str, dict[str, float | None]]
    icl_tuning: float
    orders: int
    optimizer: str
    protocol: dict[str, Json]

    def curves(self) -> tuple[Curve, ...]:
        """Return order sensitivity over GD's epochs; that of ICL holds at each."""
        quantity, axis = ORDER_SENSITIVITY, "epoch of GD"
        descent = tuple(sampled(epoch, values) for epoch, values in sorted(self.descent.items()))
        return (
            Curve(quantity, "icl", "ICL", axis, (everywhere(self.icl),)),
            Curve(quantity, self.optimizer, self.optimizer, axis, descent),
        )

    def tuning(self) -> dict[str, Json]:
        """Return how GD's learning rate was chosen."""
        return self.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {
            "optimizer": self.optimizer,
            "orders": self.orders,
            "epochs": list(self.descent),
            "demonstrations": SHOTS,
            "ddof": 0,
        }

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "icl_sensitivity": float(self.icl.mean()),
            "gd_sensitivity": {str(epoch): float(values.mean()) for epoch, values in self.descent.items()},
            "learning_rate": self.learning_rate,
            "tuning_accuracy": {rate: dict(row) for rate, row in self.accuracy.items()},
            "icl_tuning_sensitivity": self.icl_tuning,
            "tuning_sensitivity": {rate: dict(row) for rate, row in self.tuning_sensitivity.items()},
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
        optimizer,
        lambda p: correct(p, answers).mean(-1),
        schedule,
        n=n_tuning,
        orders=lab.tier.tuning_orders,
        criterion="accuracy, vocabulary",
    )
    rate = best_trained_rate(setting)
    if rate is None:
        raise DivergedError("every learning rate diverged on the tuning episodes; there is no setting to judge.")
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
        icl=icl,
        descent=descent,
        learning_rate=rate,
        accuracy=setting.table,
        tuning_sensitivity=_tuning_sensitivity(lab, optimizer, schedule),
        icl_tuning=icl_tuning,
        orders=orders,
        optimizer=optimizer,
        protocol=setting.protocol | {"not_training_is_a_choice": False},
    )


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
