"""How much ICL and learners depend on the order of the demonstrations (arXiv 2310.08540, section 4)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.curves import ORDER_SENSITIVITY, Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.setting import best
from iclgd_core.lab.tuned import tuned
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import correct, order_sensitivity
from iclgd_core.metrics.prediction_distance import order_spread
from iclgd_core.studies.chosen import best_trained_rate, refuse_diverged, setting_details
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

AT_EPOCH = "gd at "
"""How the numbers of GD at an epoch are named: "gd at epoch 3"."""


def order_study(lab: Lab, optimizer: str) -> Study:
    """Measure the order sensitivity of ICL and of one optimizer on the same demonstrations in the same orders.

    Numbers: "icl", and "gd at epoch E" for each readout. GD's learning rate is the one with the highest
    whole-vocabulary accuracy, at its best readout, on the tuning episodes; not training is no choice here.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    orders, n, n_tuning = lab.tier.orders, lab.tier.order_episodes, lab.tier.minibatch_tuning_episodes
    schedule = lab.tier.schedule(get_optimizer(optimizer).rule)
    answers = lab.answers("tuning", lab.count("tuning", n_tuning))
    setting = lab.tune(
        optimizer,
        lambda p: correct(p, answers[: len(p)]).mean(-1),
        schedule,
        n=n_tuning,
        orders=lab.tier.tuning_orders,
        criterion="accuracy, vocabulary",
    )
    rate = setting.learning_rate if setting.schedule else best_trained_rate(setting)
    if rate is None:
        raise DivergedError("every learning rate diverged on the tuning episodes; there is no setting to judge.")
    own = setting.schedule or Schedule((rate,), schedule.readouts)
    runs = lab.descend(optimizer, own, SHOTS, orders, n=n)
    refuse_diverged(runs.diverged, f"{optimizer} at learning rate {rate:g}")
    icl = order_sensitivity(lab.in_context(SHOTS, orders, n=n), axis=1).mean(-1)
    descent = {
        epoch: order_sensitivity(runs.predictions[:, :, 0, j], axis=1).mean(-1) for j, epoch in enumerate(own.readouts)
    }
    icl_tuning = lab.in_context(SHOTS, lab.tier.tuning_orders, "tuning", n_tuning)
    points = tuple(sampled(epoch, values) for epoch, values in sorted(descent.items()))
    axis = "epoch of GD"
    return _study(
        {"icl": icl} | {f"{AT_EPOCH}epoch {epoch}": values for epoch, values in descent.items()},
        {str(epoch): float(values.mean()) for epoch, values in descent.items()},
        orders,
        {"optimizer": optimizer, "epochs": list(descent), "demonstrations": SHOTS},
        setting.protocol | {"not_training_is_a_choice": False},
        (
            Curve(ORDER_SENSITIVITY, "icl", "ICL", axis, (everywhere(icl),)),
            Curve(ORDER_SENSITIVITY, optimizer, optimizer, axis, points),
        ),
        learning_rate=rate,
        tuning_accuracy={rate: dict(row) for rate, row in setting.table.items()},
        icl_tuning_sensitivity=float(order_sensitivity(icl_tuning, axis=1).mean()),
        **({} if lab.searches else {"tuning_sensitivity": _tuning_sensitivity(lab, optimizer, schedule)}),
    )


def regression_order_study(lab: RegressionLab, account: str) -> Study:
    """Measure the order sensitivity of ICL and of a learner in regression, in standard deviations of y.

    Numbers: "icl" and "learner", the latter at its most accurate setting on tuning episodes.

    Raises:
        DivergedError: the learner, or ICL, gave a prediction that is not finite on the evaluation episodes.
    """
    orders, chosen = lab.size.orders, tuned(lab, account, "answers")
    runs = np.stack([lab.predict(account, chosen.predict, order) for order in range(orders)], axis=1)
    learner = order_spread(runs, lab.scale)
    return _study(
        {"icl": order_spread(lab.in_context(orders=orders), lab.scale), "learner": learner},
        float(learner.mean()),
        orders,
        {"learner": account},
        chosen.protocol,
        setting=chosen.record(),
    )


def network_order_study(lab: RegressionLab, optimizer: str, schedule: Schedule) -> Study:
    """Measure the order sensitivity of ICL and of GD on the network of a regression model, in standard deviations of y.

    Numbers: "icl", and "gd" at the most accurate setting on tuning episodes of those that train.

    Raises:
        NotRunError: a network that cannot be trained on demonstrations.
        DivergedError: a run diverged on the evaluation episodes.
    """
    orders, right = lab.size.orders, lab.episodes("tuning").yq
    setting = lab.tune(
        optimizer, lambda found: -lab.npd(found, right), schedule, criterion="minus npd from the answers"
    )
    rate = best_trained_rate(setting)
    if rate is None:
        raise DivergedError("every learning rate diverged on the tuning episodes; there is no setting to judge.")
    row = setting.table[f"{rate:g}"]
    (epoch, at), _ = best((((epoch, j), row[str(epoch)]) for j, epoch in enumerate(schedule.readouts)))
    runs = lab.descend(optimizer, Schedule((rate,), schedule.readouts), orders=orders)
    refuse_diverged(runs.diverged[:, :, 0, at], f"{optimizer} at learning rate {rate:g}, epoch {epoch}")
    learner = order_spread(runs.predictions[:, :, 0, at], lab.scale)
    icl = order_spread(lab.in_context(orders=orders), lab.scale)
    fixed: dict[str, Json] = {"optimizer": optimizer, "trains": "the network"}
    details = {**setting_details(setting, "minus_npd"), "learning_rate": rate, "epoch": epoch}
    protocol = setting.protocol | {"not_training_is_a_choice": False}
    return _study({"icl": icl, "gd": learner}, float(learner.mean()), orders, fixed, protocol, (), **details)


def _study(
    numbers: Mapping[str, Floats],
    of_learner: Json,
    orders: int,
    fixed: Mapping[str, Json],
    tuning: Mapping[str, Json],
    curves: tuple[Curve, ...] = (),
    **details: Json,
) -> Study:
    """Return the study of numbers over so many orders; `of_learner` is the mean of the learner's, by epoch or alone."""
    spread: dict[str, Json] = {"orders": orders, "ddof": 0}
    means: dict[str, Json] = {"icl_sensitivity": float(numbers["icl"].mean()), "gd_sensitivity": of_learner}
    return Study(numbers, {**means, **details, **spread}, {**fixed, **spread}, tuning, curves)


def _tuning_sensitivity(lab: Lab, optimizer: str, schedule: Schedule) -> dict[str, Json]:
    """Order sensitivity at every learning rate and epoch, from the runs that chose among them; None if diverged."""
    tier = lab.tier
    runs = lab.descend(optimizer, schedule, SHOTS, tier.tuning_orders, "tuning", n=tier.minibatch_tuning_episodes)
    return {
        f"{rate:g}": {
            str(epoch): None
            if runs.diverged[:, :, i, j].any()
            else float(order_sensitivity(runs.predictions[:, :, i, j], axis=1).mean())
            for j, epoch in enumerate(schedule.readouts)
        }
        for i, rate in enumerate(schedule.learning_rates)
    }
