"""Choosing a setting: the best by a score on tuning episodes; of gradient descent, a learning rate and a readout."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.plain import Json
from iclgd_core.learners import Runs, Schedule
from iclgd_core.learners.gd.run import Predictions

Score = Callable[[Predictions], NDArray[np.float64]]
"""Scores the predictions (episodes, queries, ...) of one setting, one number an episode; higher is better."""
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Setting:
    """A setting of gradient descent, chosen on tuning episodes.

    Attributes:
        learning_rate: the rate; 0 is the start of GD's path, where nothing is trained yet.
        epoch: the readout, and `readout` its index in the schedule; 0 and None at the start.
        table: mean score of every setting, {learning rate: {epoch: score, or None where a run diverged}}.
        protocol: how it was chosen: split, episodes, orders, choices, criterion; goes into the hash of the rule.
        schedule: the rate alone with the epochs at which it is read out, where a search went beyond a grid; else None.
        edge: in words, the edges of a search that the setting lies on, so that a better one may lie beyond; else empty.
        unstable: rates that scored higher and are not used, because one rounding before training moves their score.
    """

    learning_rate: float
    epoch: int
    readout: int | None
    table: dict[str, dict[str, float | None]]
    protocol: dict[str, Json] = field(default_factory=dict)
    schedule: Schedule | None = None
    edge: str = ""
    unstable: tuple[str, ...] = ()


def best(scores: Iterable[tuple[Choice, float | None]], least: bool = False) -> tuple[Choice, float]:
    """Return the choice with the highest score, or the least, and that score; ties go to the one that comes first.

    A choice without a score, or with one that is not finite, diverged and is not eligible.

    Args:
        scores: of all choices, what is preferred in a tie first: not training, then the smaller or earlier value.
        least: whether the least score is the best, as of a distance.

    Raises:
        DivergedError: no choice is eligible.

    >>> best([("start", 0.5), ("a", None), ("b", 0.75), ("c", 0.75)])
    ('b', 0.75)
    """
    eligible = [(choice, score) for choice, score in scores if score is not None and math.isfinite(score)]
    if not eligible:
        raise DivergedError("no setting can be chosen: all of them diverged on the tuning episodes.")
    return (min if least else max)(eligible, key=lambda scored: scored[1])


def highest(
    runs: Runs[Predictions], zero_shot: Predictions, schedule: Schedule, score: Score[Predictions], orders: int
) -> Setting:
    """Return the setting with the highest mean score over episodes and orders, without its protocol.

    The start of GD's path, before any step, is a setting too: the most favourable GD is never worse, on these
    episodes, than not training. A setting in which any run diverged is not eligible. Ties go to the start, then
    to the smaller rate, then to the earlier epoch.

    Args:
        runs: of every setting.
        zero_shot: predictions at the start, (episodes, queries, ...).
        schedule: the settings.
        score: scores the predictions of one setting in one order.
        orders: how many orders are scored, the first.
    """
    usable = np.logical_not(np.any(runs.diverged, axis=(0, 1)))
    start = float(score(zero_shot).mean())
    scores: list[tuple[tuple[float, int, int | None], float | None]] = [((0.0, 0, None), start)]
    table: dict[str, dict[str, float | None]] = {"0": {"0": start}}
    for i, rate in enumerate(schedule.learning_rates):
        row = table.setdefault(f"{rate:g}", {})
        for j, epoch in enumerate(schedule.readouts):
            mean = float(np.mean([score(in_order(runs, o, i, j)) for o in range(orders)])) if usable[i, j] else None
            row[str(epoch)] = mean
            scores.append(((rate, epoch, j), mean))
    return Setting(*best(scores)[0], table)


def in_order(runs: Runs[Predictions], order: int, rate: int, readout: int) -> Predictions:
    """Return the predictions of one setting in one order, (episodes, queries, ...), all by their index."""
    held: Any = runs.predictions
    found: Predictions = held[:, order, rate, readout]
    return found


def episodes_of(predictions: object) -> int:
    """Return the number of episodes of predictions (episodes, ...): a search scores the first few of them."""
    return len(predictions)  # type: ignore[arg-type]
