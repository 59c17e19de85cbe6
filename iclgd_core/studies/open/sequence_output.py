"""Agreement with ICL on answers of several symbols: at each answer position, and on the mean over positions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.curves import Curve, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule
from iclgd_core.metrics import TOP_K, closure_of_agreement, correct
from iclgd_core.studies.accounts import closure_records
from iclgd_core.studies.agreements import AGREEMENTS
from iclgd_core.studies.chosen import predictions_at
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

SCHEDULES = {
    "quick": Schedule((1e-3, 5e-3, 2e-2), (1, 3, 10)),
    "full": Schedule((1e-4, 5e-4, 1e-3, 5e-3, 2e-2, 1e-1), (1, 3, 10, 30, 100)),
}
"""Learning rates and epochs of full-batch GD by tier; there are three times as many label tokens as in S2."""

EPISODES = {"quick": 24, "full": 64}
TUNING_EPISODES = {"quick": 8, "full": 24}

POSITIONS = ("first", "second", "third")
MEAN = "mean"


@dataclass(frozen=True, eq=False)
class SequenceStudy:
    """Agreement with ICL by answer position, (episodes, positions), mean over queries.

    Attributes:
        ceilings: ICL in another order of the same demonstrations.
        learners: the most favourable full-batch GD.
        floors: zero-shot.
        accuracy: over the whole vocabulary, by learner, (episodes, positions).
        setting: GD's, the nearest to ICL on tuning episodes, mean over positions.
        agreement: what was compared.
        position: one of POSITIONS, or MEAN: what is judged.
        model, task: on what.
    """

    ceilings: Floats
    learners: Floats
    floors: Floats
    accuracy: dict[str, Floats]
    setting: Setting
    agreement: str
    position: str
    model: str
    task: str

    @property
    def ceiling(self) -> Floats:
        """Agreement of ICL with itself at the position that is judged, (episodes,)."""
        return self._at(self.ceilings)

    @property
    def learner(self) -> Floats:
        """Agreement of GD with ICL there."""
        return self._at(self.learners)

    @property
    def floor(self) -> Floats:
        """Agreement of zero-shot with ICL there."""
        return self._at(self.floors)

    def _at(self, values: Floats) -> Floats:
        return values.mean(-1) if self.position == MEAN else values[:, POSITIONS.index(self.position)]

    def curves(self) -> tuple[Curve, ...]:
        """Return agreement along the answer's positions."""
        quantity, axis = agreement_in(self.agreement), "position in the answer"
        shown = (("icl", "ICL", self.ceilings), ("gd", "GD", self.learners), ("zero-shot", "zero-shot", self.floors))
        return tuple(
            Curve(quantity, name, label, axis, tuple(sampled(j + 1, column) for j, column in enumerate(values.T)))
            for name, label, values in shown
        )

    def tuning(self) -> dict[str, Json]:
        """Return how GD's setting was chosen."""
        return self.setting.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        fixed: dict[str, Json] = {
            "agreement": self.agreement,
            "position": self.position,
            "optimizer": "gd",
            "part": "whole",
            "demonstrations": SHOTS,
        }
        return fixed | ({} if self.agreement == "jensen-shannon" else {"top_k": TOP_K})

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study; the mean over positions is a cell of the adjudication table."""
        ends = (self.learner, self.floor, self.ceiling)
        found = closure_of_agreement(*ends)
        cells = closure_records("gd", self.model, self.task, self.agreement, *ends) if self.position == MEAN else []
        return {
            "ceiling": float(self.ceiling.mean()),
            "learner": float(self.learner.mean()),
            "floor": float(self.floor.mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "closures": list(cells),
            "accuracy_by_position": {name: values.mean(0).tolist() for name, values in self.accuracy.items()},
            "learning_rate": self.setting.learning_rate,
            "epoch": self.setting.epoch,
            "tuning_agreement": {rate: dict(row) for rate, row in self.setting.table.items()},
        }


def sequence_study(lab: Lab, agreement: str, position: str) -> SequenceStudy:
    """Measure how near the most favourable full-batch GD comes to ICL at each position of an answer.

    Args:
        lab: the laboratory, on a task whose answers have as many symbols as POSITIONS.
        agreement: one of AGREEMENTS.
        position: one of POSITIONS, or MEAN.

    Raises:
        UnknownNameError: no such position.
        DivergedError: a run diverged on the evaluation episodes.
    """
    if position not in (*POSITIONS, MEAN):
        raise UnknownNameError("position in an answer", position, (*POSITIONS, MEAN))
    agree, tier = AGREEMENTS[agreement], lab.tier.name
    n, n_tuning, schedule = EPISODES[tier], TUNING_EPISODES[tier], SCHEDULES[tier]
    tuning_icl = lab.in_context(SHOTS, split="tuning", n=n_tuning)[:, 0]
    setting = lab.tune(
        "gd", lambda p: agree(p, tuning_icl).mean(-1), schedule, n=n_tuning, criterion=f"{agreement} over positions"
    )
    chosen = predictions_at(lab, setting, "gd", schedule, n)
    icl, none = lab.in_context(SHOTS, orders=2, n=n), lab.zero_shot(n=n)
    first, second = icl[:, 0], icl[:, 1]
    answers = lab.answers("evaluation", lab.count("evaluation", n))
    learners = {"icl": first, "gd": chosen, "zero-shot": none}
    return SequenceStudy(
        ceilings=_by_position(agree(second, first)),
        learners=_by_position(agree(chosen, first)),
        floors=_by_position(agree(none, first)),
        accuracy={name: _by_position(correct(p, answers)) for name, p in learners.items()},
        setting=setting,
        agreement=agreement,
        position=position,
        model=lab.model.name,
        task=lab.task.name,
    )


def _by_position(values: NDArray[np.float64] | NDArray[np.bool_]) -> Floats:
    """(episodes, queries x positions) -> mean over queries, (episodes, positions)."""
    by_query = np.asarray(values, dtype=np.float64).reshape(len(values), -1, len(POSITIONS))
    return np.asarray(by_query.mean(1))
