"""The setting of gradient descent that a search finds on a laboratory's tuning episodes."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iclgd_core.lab.search import Found, search
from iclgd_core.lab.setting import Score, Setting, in_order
from iclgd_core.learners import Runs, Schedule
from iclgd_core.learners.gd.run import Predictions


class Descends(Protocol[Predictions]):
    """Runs of gradient descent on tuning episodes, by schedule, number of episodes and whether weights are nudged."""

    def __call__(self, schedule: Schedule, n: int, nudged: bool = False, /) -> Runs[Predictions]:
        """Train."""


def searched(
    descend: Descends[Predictions],
    zero_shot: Callable[[int], Predictions],
    score: Score[Predictions],
    grid: Schedule,
    episodes: int,
    orders: int,
) -> Setting:
    """Search for the setting with the highest mean score over tuning episodes and orders, without its protocol.

    Args:
        descend: measures the first n tuning episodes, in so many orders.
        zero_shot: predictions at the start of the first n.
        score: scores the predictions of one setting in one order.
        grid: where to begin.
        episodes: tuning episodes.
        orders: of the demonstrations, all scored.
    """

    def scores(runs: Runs[Predictions]) -> NDArray[np.float64]:
        """Return the mean score (rates, readouts), NaN where any run diverged."""
        usable = np.logical_not(np.any(runs.diverged, axis=(0, 1)))
        found = np.full(usable.shape, np.nan)
        for i, j in zip(*np.nonzero(usable), strict=True):
            found[i, j] = np.mean([score(in_order(runs, o, i, j)) for o in range(orders)])
        return found

    found = search(
        lambda schedule, n: scores(descend(schedule, n)),
        lambda n: float(score(zero_shot(n)).mean()),
        lambda schedule, n: float(scores(descend(schedule, n, True))[0, -1]),
        grid,
        episodes,
    )
    return _setting(found, float(score(zero_shot(episodes)).mean()))


def _setting(found: Found, start: float) -> Setting:
    table: dict[str, dict[str, float | None]] = {"0": {"0": start}}
    for rate in sorted(found.scores):
        row = found.scores[rate].items()
        table[f"{rate:g}"] = {str(epoch): value if np.isfinite(value) else None for epoch, value in row}
    readouts = tuple(found.scores[found.learning_rate]) if found.epoch else ()
    return Setting(
        found.learning_rate,
        found.epoch,
        readouts.index(found.epoch) if found.epoch else None,
        table,
        schedule=Schedule((found.learning_rate,), readouts) if found.epoch else None,
        edge="; ".join(found.edges),
        unstable=tuple(f"{rate:g}" for rate in sorted(found.unstable)),
    )
