"""How far learners follow random labels: the mass that moves to them (a prediction that separates ICL from GD)."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab, Setting
from iclgd_core.learners import Schedule
from iclgd_core.metrics import correct
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.studies.chosen import predictions_at
from iclgd_core.studies.min.random_labels import relabelled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPTIMIZER = "gd"
SETTINGS = ("accurate", "fitting")
"""Of the settings that train at all: the most accurate on tuning episodes, or the one with the lowest training loss."""


def shift_study(lab: Lab, chosen_by: str = "accurate") -> Study:
    """Measure ICL and GD on the same demonstrations with their own and with random labels.

        shift = sum over labels v that are given at random, and are no right label of these demonstrations, of
                p(v | query, random labels) - p(v | query, right labels)

    Args:
        lab: the laboratory.
        chosen_by: how GD's setting is chosen among those that train at all, on tuning episodes with the right labels,
            one of SETTINGS.

    Returns:
        The shift of "ICL" and of full-batch "GD", mean over queries.

    Raises:
        NotRunError: a task whose demonstrations cannot be relabelled.
        DivergedError: every setting diverged, or the chosen one on the evaluation episodes.
    """
    other, tier = relabelled(lab, "uniform"), lab.tier
    n, schedule = lab.count("evaluation", tier.minibatch_episodes), tier.schedule("sgd")
    answers = lab.answers("tuning", lab.count("tuning"))
    tuned = lab.tune(OPTIMIZER, lambda p: correct(p, answers[: len(p)]).mean(-1), schedule, criterion="accuracy")
    setting = trained(tuned if chosen_by == "accurate" else _by_loss(lab, tuned, schedule))
    found = {
        "ICL": (lab.in_context(n=n)[:, 0], other.in_context(n=n)[:, 0]),
        "GD": tuple(predictions_at(each, setting, OPTIMIZER, schedule, n) for each in (lab, other)),
    }
    own = lab.answers("evaluation", n)
    accuracy = {
        f"{name.lower()}_accuracy_with_{labels}_labels": float(correct(p, own).mean())
        for name, pair in found.items()
        for labels, p in zip(("right", "random"), pair, strict=True)
    }
    given = np.arange(SHOTS)
    sets = [
        np.setdiff1d(wrong.targets(given), right.targets(given))
        for right, wrong in zip(lab.episodes("evaluation", n), other.episodes("evaluation", n), strict=True)
    ]
    shifts = {name: mass(pair[1], sets) - mass(pair[0], sets) for name, pair in found.items()}
    return Study(
        numbers=shifts,
        details={
            "icl_shift": float(shifts["ICL"].mean()),
            "gd_shift": float(shifts["GD"].mean()),
            "learning_rate": setting.learning_rate,
            "epoch": setting.epoch,
            **accuracy,
        },
        fixed={"optimizer": OPTIMIZER, "demonstrations": SHOTS, "labels": "uniform"},
        tuning=setting.protocol | {"not_training_is_a_choice": False, "chosen_by": chosen_by},
    )


def _by_loss(lab: Lab, tuned: Setting, schedule: Schedule) -> Setting:
    """Return the same settings with minus the training loss, mean over tuning episodes, as their score."""
    runs = lab.descend(OPTIMIZER, schedule, split="tuning")
    usable = np.logical_not(np.any(runs.diverged, axis=(0, 1)))
    table: dict[str, dict[str, float | None]] = {
        f"{rate:g}": {
            str(epoch): -float(runs.loss[:, :, i, j].mean()) if usable[i, j] else None
            for j, epoch in enumerate(schedule.readouts)
        }
        for i, rate in enumerate(schedule.learning_rates)
    }
    return replace(tuned, table=table, protocol=tuned.protocol | {"criterion": "lowest mean training loss"})


def trained(setting: Setting) -> Setting:
    """Return the setting with the highest score of those that train; ties go to the smaller rate, the earlier epoch.

    Raises:
        DivergedError: a run diverged in every setting.
    """
    scores = [
        (score, -float(rate), -int(epoch), j)
        for rate, row in setting.table.items()
        if rate != "0"
        for j, (epoch, score) in enumerate(row.items())
        if score is not None
    ]
    if not scores:
        raise DivergedError("a run diverged in every setting that trains, so there is none to follow labels with.")
    _, rate, epoch, readout = max(scores)
    own = Schedule((-rate,), tuple(int(known) for known in setting.table[f"{-rate:g}"]))
    return Setting(-rate, -epoch, readout, setting.table, setting.protocol, own)


def mass(log_probs: LogProbs, sets: list[Ints]) -> Floats:
    """Return the probability of each episode's set of tokens, mean over queries: (episodes, queries, V) -> (episodes,).

    An empty set has probability 0.
    """
    return np.array(
        [np.exp(np.asarray(log_probs[e], dtype=np.float64)[:, own]).sum(-1).mean() for e, own in enumerate(sets)]
    )
