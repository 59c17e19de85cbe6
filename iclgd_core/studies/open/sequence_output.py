"""Agreement with ICL on answers of several symbols: at each answer position, and on the mean over positions."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import UnknownNameError
from iclgd_core.evidence.curves import Curve, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.learners import Schedule
from iclgd_core.metrics import correct
from iclgd_core.studies.accounts import between, cells_of, closure_details
from iclgd_core.studies.agreements import AGREEMENTS, compared_by
from iclgd_core.studies.chosen import nearest_gd
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


def sequence_study(lab: Lab, agreement: str, position: str) -> Study:
    """Measure how near the most favourable full-batch GD comes to ICL at each position of an answer.

    The mean over positions is a cell of the adjudication table.

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
    agree, tier = AGREEMENTS[agreement], lab.tier
    n = tier.at_most(tier.of(EPISODES))
    found = nearest_gd(
        lab,
        "gd",
        lambda predictions, icl: agree(predictions, icl).mean(-1),
        f"{agreement} over positions",
        tier.of(SCHEDULES),
        n,
        tier.at_most(tier.of(TUNING_EPISODES)),
    )
    by_position = found.agreement(lambda predictions, icl: _by_position(agree(predictions, icl)))
    answers = lab.answers("evaluation", lab.count("evaluation", n))
    predictions = {"icl": found.icl, "gd": found.learner, "zero-shot": found.zero_shot}
    accuracy: dict[str, Json] = {
        name: _by_position(correct(p, answers)).mean(0).tolist() for name, p in predictions.items()
    }
    ends = {name: _at(position, values) for name, values in by_position.items()}
    quantity, axis = agreement_in(agreement), "position in the answer"
    shown = (("icl", "ICL", "ceiling"), ("gd", "GD", "learner"), ("zero-shot", "zero-shot", "floor"))
    return between(
        lab,
        agreement,
        ends,
        cells_of("gd" if position == MEAN else None),
        {**closure_details(ends), **found.details(), "accuracy_by_position": accuracy},
        compared_by(agreement, position=position, optimizer="gd", part="whole"),
        found.setting.protocol,
        tuple(
            Curve(quantity, name, label, axis, tuple(sampled(j + 1, v) for j, v in enumerate(by_position[end].T)))
            for name, label, end in shown
        ),
    )


def _at(position: str, values: Floats) -> Floats:
    return values.mean(-1) if position == MEAN else values[:, POSITIONS.index(position)]


def _by_position(values: NDArray[np.float64] | NDArray[np.bool_]) -> Floats:
    """(episodes, queries x positions) -> mean over queries, (episodes, positions)."""
    by_query = np.asarray(values, dtype=np.float64).reshape(len(values), -1, len(POSITIONS))
    return np.asarray(by_query.mean(1))
