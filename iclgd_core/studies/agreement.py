"""Agreement of learners with ICL, between floor and ceiling (arXiv 2310.08540, section 5)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import PART_NAMES, Curve, accuracy_of, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.tuned import learners, tuned
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import correct
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.accounts import NPD, between, cells_of, closure_details
from iclgd_core.studies.agreements import AGREEMENTS, compared_by
from iclgd_core.studies.chosen import best_trained_rate, beyond, nearest_gd, sizes_of
from iclgd_core.studies.forms import account_of
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

LABELS = {"icl": "ICL", "zero-shot": "zero-shot"}


def agreement_study(
    lab: Lab,
    optimizer: str,
    agreement: str,
    part: str = "whole",
    n: int | None = None,
    n_tuning: int | None = None,
    with_path: bool | None = None,
    objective: str = "labels",
    schedule: Schedule | None = None,
    tuning_orders: int | None = None,
) -> Study:
    """Measure how near the most favourable GD comes to ICL, and how near ICL comes to itself.

    Numbers: "ceiling", "learner" and "floor", see `between`; along GD's epochs, from 0 (zero-shot) on, "epoch E" and
    "accuracy, epoch E", over the whole vocabulary, beside "accuracy, icl" and "accuracy, zero-shot".

    Args:
        lab: the laboratory.
        optimizer: name of an optimizer.
        agreement: one of AGREEMENTS.
        part: what GD trains, one of models.language.projections.PARTS.
        n: evaluation episodes; by default the tier's number for this optimizer.
        n_tuning: tuning episodes; likewise.
        with_path: whether GD is measured at the best rate that trains as well, for a figure, also where another choice
            is nearer to ICL; by default for full-batch GD, as in the paper's figure 5. Else the figure has the runs at
            the chosen rate, which are measured anyway.
        objective: GD's loss, one of learners.OBJECTIVES.
        schedule: learning rates and readouts; by default the tier's for this optimizer.
        tuning_orders: orders of the demonstrations on tuning episodes; by default one where none matters (full batch),
            else the tier's number.

    Raises:
        DivergedError: a run diverged on the evaluation episodes.
    """
    rule = get_optimizer(optimizer)
    sizes = zip((n, n_tuning, tuning_orders), sizes_of(lab.tier, rule), strict=True)
    n, n_tuning, orders = (asked or usual for asked, usual in sizes)
    schedule = schedule or lab.tier.schedule(rule.rule)

    def agree(predictions: LogProbs, icl: LogProbs) -> Floats:
        return np.asarray(AGREEMENTS[agreement](predictions, icl).mean(-1))

    found = nearest_gd(lab, optimizer, agree, agreement, schedule, n, n_tuning, orders, part, objective)
    wanted = rule.batch is None and objective == "labels" if with_path is None else with_path
    chosen_rate = None if found.setting.readout is None else found.setting.learning_rate
    rate = best_trained_rate(found.setting) if wanted else chosen_rate
    own = found.setting.schedule or schedule
    path = {0: found.zero_shot} | ({} if rate is None else _path(lab, rate, optimizer, own, n, part, objective))
    answers = lab.answers("evaluation", lab.count("evaluation", n))
    ends = found.agreement(agree)
    along = {epoch: agree(log_probs, found.icl) for epoch, log_probs in path.items()}
    accuracy_along = {epoch: correct(log_probs, answers).mean(-1) for epoch, log_probs in path.items()}
    accuracy = {name: correct(p, answers).mean(-1) for name, p in (("icl", found.icl), ("zero-shot", found.zero_shot))}

    def panel(quantity: str, of_gd: Mapping[int, Floats], references: Mapping[str, Floats]) -> tuple[Curve, ...]:
        axis, facet = "epoch of GD", PART_NAMES.get(part, part)
        label = f"{optimizer}, not trained" if rate is None else f"{optimizer}, rate {rate:g}"
        points = tuple(sampled(epoch, values) for epoch, values in sorted(of_gd.items()))
        flat = [Curve(quantity, name, LABELS[name], axis, (everywhere(v),), facet) for name, v in references.items()]
        return (*flat, Curve(quantity, optimizer, label, axis, points, facet))

    curves = panel(agreement_in(agreement), along, {"icl": ends["ceiling"], "zero-shot": ends["floor"]})
    if agreement == "token-overlap":
        curves += panel(accuracy_of("vocabulary"), accuracy_along, accuracy)
    of_epochs = {f"epoch {epoch}": values for epoch, values in along.items()}
    of_accuracy = {f"accuracy, epoch {epoch}": values for epoch, values in accuracy_along.items()}
    of_accuracy |= {f"accuracy, {name}": values for name, values in accuracy.items()}
    loss: dict[str, Json] = {} if objective == "labels" else {"objective": objective}
    return between(
        lab,
        agreement,
        ends | of_epochs | of_accuracy,
        cells_of(account_of(optimizer, part, objective)),
        closure_details(ends) | found.details(),
        compared_by(agreement, optimizer=optimizer, part=part, **loss),
        found.setting.protocol,
        curves,
        beyond(found.setting),
    )


def _path(
    lab: Lab, rate: float, optimizer: str, schedule: Schedule, n: int, part: str, objective: str
) -> dict[int, LogProbs]:
    """Return GD's predictions by epoch at one learning rate; an epoch at which a run diverged is left out."""
    runs = lab.descend(optimizer, Schedule((rate,), schedule.readouts), SHOTS, part=part, n=n, objective=objective)
    return {
        epoch: runs.predictions[:, 0, 0, j]
        for j, epoch in enumerate(schedule.readouts)
        if not runs.diverged[:, 0, 0, j].any()
    }


def network_agreement_study(lab: RegressionLab, optimizer: str, schedule: Schedule) -> Study:
    """Measure how near the most favourable GD on the network of a regression model comes to ICL.

    Agreement is 1 - npd, as for the implicit linear model in `regression_agreement_study`; numbers as there.

    Raises:
        NotRunError: a network that cannot be trained on demonstrations.
        DivergedError: a run diverged on the evaluation episodes.
    """

    def agree(predictions: Floats, icl: Floats) -> Floats:
        return np.asarray(1.0 - lab.npd(predictions, icl))

    found = nearest_gd(lab, optimizer, agree, "1 - npd", schedule, lab.count(), lab.count("tuning"))
    ends = found.agreement(agree)
    details, fixed = closure_details(ends) | found.details(), {"agreement": "1 - npd", "optimizer": optimizer}
    return between(lab, NPD, ends, {}, details, fixed | {"trains": "the network"}, found.setting.protocol)


def regression_agreement_study(lab: RegressionLab, account: str, others: bool = True) -> Study:
    """Measure how near the most favourable setting of a learner comes to ICL in regression.

    Agreement is 1 - npd: 1 for the same predictions, unbounded below. Numbers: "ceiling", "learner" and "floor", see
    `between`, and those of further accounts by their name.

    Args:
        lab: the laboratory.
        account: the learner under test.
        others: whether every other learner is measured too, for the adjudication table.

    Raises:
        DivergedError: the learner, or ICL, gave a prediction that is not finite on the evaluation episodes.
    """
    icl, episodes = lab.in_context(orders=2), lab.episodes()
    chosen = tuned(lab, account)
    further = [name for name in learners(lab.task.noise) if name != account] if others else []
    settings = {name: tuned(lab, name) for name in further}
    predictions = {
        "ceiling": icl[:, 1],
        "learner": lab.predict(account, chosen.predict),
        "floor": lab.zero_shot(),
        **{name: setting.predict(episodes) for name, setting in settings.items()},
    }
    numbers = {name: 1.0 - lab.npd(found, icl[:, 0]) for name, found in predictions.items()}
    further_cells = {name: name for name in settings}
    return between(
        lab,
        NPD,
        numbers,
        {"zero-shot": "floor", account: "learner", **further_cells, "icl-other-order": "ceiling"},
        {
            **closure_details(numbers),
            "setting": chosen.record(),
            "other_settings": {name: setting.record() for name, setting in settings.items()},
        },
        {"agreement": "1 - npd", "learner": account, "orders": 2},
        chosen.protocol,
    )
