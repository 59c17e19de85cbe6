"""GD's predictions at a chosen setting; diverged runs stop a verdict and say so, they are never dropped."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule
from iclgd_core.models.language.predictions import LogProbs


def predictions_at(
    lab: Lab,
    setting: Setting,
    optimizer: str,
    schedule: Schedule,
    n: int,
    shots: int = SHOTS,
    part: str = "whole",
    objective: str = "labels",
) -> LogProbs:
    """Return the log-probs (episodes, queries, vocabulary) of GD at a setting on n evaluation episodes.

    All readouts of the chosen rate are measured, so that choices which share a rate share the runs. The start of
    GD's path is zero-shot.

    Raises:
        DivergedError: a run diverged.
    """
    if setting.readout is None:
        return lab.zero_shot(n=n)
    only = Schedule((setting.learning_rate,), schedule.readouts)
    runs = lab.descend(optimizer, only, shots, part=part, n=n, objective=objective)
    refuse_diverged(
        runs.diverged[:, 0, 0, setting.readout],
        f"{optimizer} on {shots} demonstrations at learning rate {setting.learning_rate:g}",
    )
    return runs.log_probs[:, 0, 0, setting.readout]


def refuse_diverged(diverged: NDArray[np.bool_], what: str) -> None:
    """Raise DivergedError if any run diverged, with how many of how many."""
    if diverged.any():
        raise DivergedError(
            f"{int(diverged.sum())} of {diverged.size} runs of {what} diverged on the evaluation episodes; "
            "their outputs are undefined."
        )


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
