"""Agreement of learners with ICL, between floor and ceiling (arXiv 2310.08540, section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import PART_NAMES, Curve, accuracy_of, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.metrics import TOP_K, closure_of_agreement, correct
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.accounts import closure_records
from iclgd_core.studies.agreements import AGREEMENTS
from iclgd_core.studies.chosen import best_trained_rate, predictions_at
from iclgd_core.studies.forms import account_of
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

LABELS = {"icl": "ICL", "zero-shot": "zero-shot"}


@dataclass(frozen=True, eq=False)
class AgreementStudy:
    """Agreement with ICL, one number an episode (mean over queries).

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        learner: the most favourable GD.
        floor: zero-shot.
        setting: GD's setting, the one nearest to ICL on tuning episodes by this agreement.
        agreement, optimizer, part, objective: what was compared.
        model, task: on what.
        path: for the figure, agreement along GD's epochs at `path_rate`, from epoch 0 (zero-shot) on; `path_accuracy`
            the accuracy of the same runs. The rate is the best one that trains at all, where that was asked for, else
            the chosen one; None where the choice is not to train, and then the path has its start alone.
        accuracy: of ICL and zero-shot, over the whole vocabulary.
    """

    ceiling: Floats
    learner: Floats
    floor: Floats
    setting: Setting
    agreement: str
    optimizer: str
    part: str
    model: str = ""
    task: str = ""
    objective: str = "labels"
    path: Mapping[int, Floats] = field(default_factory=dict)
    path_accuracy: Mapping[int, Floats] = field(default_factory=dict)
    path_rate: float | None = None
    accuracy: Mapping[str, Floats] = field(default_factory=dict)

    def curves(self) -> tuple[Curve, ...]:
        """Return agreement and accuracy over GD's epochs, between floor and ceiling."""
        axis, facet, learner = "epoch of GD", PART_NAMES.get(self.part, self.part), self.optimizer

        def panel(quantity: str, path: Mapping[int, Floats], references: Mapping[str, Floats]) -> list[Curve]:
            flat = [
                Curve(quantity, name, LABELS[name], axis, (everywhere(values),), facet)
                for name, values in references.items()
            ]
            points = tuple(sampled(epoch, values) for epoch, values in sorted(path.items()))
            label = f"{learner}, not trained" if self.path_rate is None else f"{learner}, rate {self.path_rate:g}"
            return [*flat, *([Curve(quantity, learner, label, axis, points, facet)] if points else [])]

        references = {"icl": self.ceiling, "zero-shot": self.floor}
        curves = panel(agreement_in(self.agreement), self.path, references)
        if self.agreement == "token-overlap":
            curves += panel(accuracy_of("vocabulary"), self.path_accuracy, self.accuracy)
        return tuple(curves)

    def tuning(self) -> dict[str, Json]:
        """Return how GD's setting was chosen."""
        return self.setting.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        fixed: dict[str, Json] = {
            "agreement": self.agreement,
            "optimizer": self.optimizer,
            "part": self.part,
            "demonstrations": SHOTS,
        }
        fixed |= {} if self.objective == "labels" else {"objective": self.objective}
        return fixed | ({} if self.agreement == "jensen-shannon" else {"top_k": TOP_K})

    @property
    def undefined(self) -> str:
        """Why nothing can be judged here, empty where it can: ICL agrees with itself no more than zero-shot does."""
        return closure_of_agreement(self.learner, self.floor, self.ceiling).undefined

    def closures(self) -> list[Json]:
        """Return the cells of the adjudication table, of the account that this GD stands for and of its two ends."""
        account = account_of(self.optimizer, self.part, self.objective)
        if account is None:
            return []
        ends = (self.learner, self.floor, self.ceiling)
        return closure_records(account, self.model, self.task, self.agreement, *ends)

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        found = closure_of_agreement(self.learner, self.floor, self.ceiling)
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "closures": self.closures(),
            "learning_rate": self.setting.learning_rate,
            "epoch": self.setting.epoch,
            "tuning_agreement": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


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
) -> AgreementStudy:
    """Measure how near the most favourable GD comes to ICL, and how near ICL comes to itself.

    Args:
        lab: the laboratory.
        optimizer: name of an optimizer.
        agreement: one of AGREEMENTS.
        part: what GD trains, one of models.projections.PARTS.
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
    agree, rule, tier = AGREEMENTS[agreement], get_optimizer(optimizer), lab.tier
    full_batch = rule.batch is None
    n = n or (tier.episodes if full_batch else tier.minibatch_episodes)
    n_tuning = n_tuning or (tier.tuning_episodes if full_batch else tier.minibatch_tuning_episodes)
    schedule = schedule or tier.schedule(rule.rule)
    orders = tuning_orders or (1 if full_batch else tier.tuning_orders)
    tuning_icl = lab.in_context(SHOTS, split="tuning", n=n_tuning)[:, 0]
    setting = lab.tune(
        optimizer,
        lambda p: agree(p, tuning_icl).mean(-1),
        schedule,
        part=part,
        n=n_tuning,
        orders=orders,
        criterion=agreement,
        objective=objective,
    )
    chosen = predictions_at(lab, setting, optimizer, schedule, n, part=part, objective=objective)
    icl, none = lab.in_context(SHOTS, orders=2, n=n), lab.zero_shot(n=n)
    first, second = icl[:, 0], icl[:, 1]
    answers = lab.answers("evaluation", lab.count("evaluation", n))
    wanted = full_batch and objective == "labels" if with_path is None else with_path
    chosen_rate = None if setting.readout is None else setting.learning_rate
    rate = best_trained_rate(setting) if wanted else chosen_rate
    path = {0: none} | ({} if rate is None else _path(lab, rate, optimizer, schedule, n, part, objective))
    return AgreementStudy(
        ceiling=agree(second, first).mean(-1),
        learner=agree(chosen, first).mean(-1),
        floor=agree(none, first).mean(-1),
        setting=setting,
        agreement=agreement,
        optimizer=optimizer,
        part=part,
        model=lab.model.name,
        task=lab.task.name,
        objective=objective,
        path={epoch: agree(log_probs, first).mean(-1) for epoch, log_probs in path.items()},
        path_accuracy={epoch: correct(log_probs, answers).mean(-1) for epoch, log_probs in path.items()},
        path_rate=rate,
        accuracy={name: correct(p, answers).mean(-1) for name, p in (("icl", first), ("zero-shot", none))},
    )


def _path(
    lab: Lab, rate: float, optimizer: str, schedule: Schedule, n: int, part: str, objective: str
) -> dict[int, LogProbs]:
    """Return GD's predictions by epoch at one learning rate; an epoch at which a run diverged is left out."""
    runs = lab.descend(optimizer, Schedule((rate,), schedule.readouts), SHOTS, part=part, n=n, objective=objective)
    return {
        epoch: runs.log_probs[:, 0, 0, j]
        for j, epoch in enumerate(schedule.readouts)
        if not runs.diverged[:, 0, 0, j].any()
    }
