"""Search for gradient descent's best learning rate and epoch: successive halving that goes on beyond an edge.

A grid that was fixed beforehand may end before the best setting; then the grid is judged, not gradient descent. So a
search begins with a grid of decades on few tuning episodes, keeps the better half of the rates on twice as many, with
the half decades beside the best, and at last the best two on all. While the best lies on an edge of what was tried, it
goes on beyond: by a decade of rates, by three times as many epochs. An edge is an end whose score is above that of its
inner neighbour by more than FLAT: where nothing rises any more, nothing is expected beyond. Not training is a setting
as well, the limit of small rates, which are tried until they change nothing.

Successive halving: Jamieson and Talwalkar, arXiv 1502.07943; what grows is the number of tuning episodes.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.learners import Schedule

FLAT = 0.002
"""A tenth of 0.02, the margin of the claims that a search is made for: scores within it are as good as each other."""
LOWEST, HIGHEST = 1e-8, 1e2
"""Learning rates beyond which no search goes."""
LONGER, LONGEST = 3, 9
"""Beyond an edge training has so many times as many epochs, up to so many times the last of the grid."""
STEP, HALF_STEP = 10.0, 10.0**0.5
PARTS = (4, 2, 1)
"""Of the tuning episodes a quarter, half and all."""

Measure = Callable[[Schedule, int], NDArray[np.float64]]
"""Scores (rates, epochs) of a schedule, mean over the first so many tuning episodes; not finite where it diverged."""
Again = Callable[[Schedule, int], float]
"""The same score of a schedule of one rate at its last epoch, from weights moved by one rounding."""


@dataclass(frozen=True)
class Found:
    """The best setting that a search found.

    Attributes:
        learning_rate, epoch: 0 and 0 for no training.
        score: its mean over all tuning episodes.
        scores: by rate and epoch, on as many episodes as the rate was tried on at last; not finite where it diverged.
        episodes: how many these were, by rate.
        edges: in words, each edge that the best lies on still; empty where it lies inside what was tried.
        unstable: rates that were better and are not used, each with how far its score moves by one rounding.
    """

    learning_rate: float
    epoch: int
    score: float
    scores: Mapping[float, Mapping[int, float]]
    episodes: Mapping[float, int]
    edges: tuple[str, ...]
    unstable: Mapping[float, float] = field(default_factory=dict)


def rule_of(grid: Schedule) -> dict[str, Json]:
    """Return what is fixed about a search before its numbers are seen, for a protocol."""
    return {
        "search": "successive halving over learning rates, on a quarter, half and all of the tuning episodes",
        "first_learning_rates": list(grid.learning_rates),
        "first_epochs": list(grid.readouts),
        "edge": f"an end of what was tried that is above its inner neighbour by more than {FLAT:g}",
        "beyond_an_edge": f"rates by factors of {STEP:g} within [{LOWEST:g}, {HIGHEST:g}], epochs by factors of "
        f"{LONGER} up to {LONGEST} times the last",
        "unstable": f"a setting whose score moves by more than {FLAT:g} if each weight is moved by one rounding before "
        "training is not used",
    }


def search(measure: Measure, start: Callable[[int], float], again: Again, grid: Schedule, episodes: int) -> Found:
    """Return the setting with the highest score on all tuning episodes; ties go to the start, then the smaller rate.

    Args:
        measure: scores settings.
        start: scores no training, on the first so many tuning episodes.
        again: scores the best once more, to tell whether it is stable.
        grid: rates and epochs to begin with; a single epoch is part of what is tried, and stays.
        episodes: tuning episodes, at least 2.

    Raises:
        SettingsError: fewer tuning episodes.
    """
    if episodes < 2:
        raise SettingsError(f"a search has {episodes} tuning episodes. Allowed: a whole number from 2 upwards.")
    longest = grid.readouts[-1] * (1 if len(grid.readouts) == 1 else LONGEST)
    tried = _Tried(measure, start, grid.readouts, longest)
    rates = list(grid.learning_rates)
    for n in dict.fromkeys(max(2, math.ceil(episodes / parts)) for parts in PARTS):
        tried.score(rates, n)
        tried.go_beyond_edges(n)
        ranked = tried.ranked(n)
        if n * 2 >= episodes:  # the next are all of them
            rates = ranked[:2]
        else:
            rates = [*ranked[: math.ceil(len(ranked) / 2)], ranked[0] / HALF_STEP, ranked[0] * HALF_STEP]
    while (found := tried.best(episodes)).epoch:
        moved = abs(again(Schedule((found.learning_rate,), tried.up_to(found)), episodes) - found.score)
        if moved <= FLAT:  # not so of one that diverges
            break
        tried.give_up(found.learning_rate, moved, episodes)
    return found


@dataclass
class _Tried:
    """What was tried so far.

    Attributes:
        measure, start: as in `search`.
        readouts: epochs at which training is read out; more once an edge asked for them.
        longest: epochs beyond which nothing is trained.
        scores: by rate, by epoch.
        episodes: on which a rate was scored at last.
        unstable: rates that are not used, with their movement.
    """

    measure: Measure
    start: Callable[[int], float]
    readouts: tuple[int, ...]
    longest: int
    scores: dict[float, dict[int, float]] = field(default_factory=dict)
    episodes: dict[float, int] = field(default_factory=dict)
    unstable: dict[float, float] = field(default_factory=dict)

    def score(self, rates: Iterable[float], n: int) -> None:
        """Score rates on n episodes, each with three significant digits."""
        asked = tuple(sorted({float(f"{min(max(rate, LOWEST), HIGHEST):.3g}") for rate in rates}))
        found = self.measure(Schedule(asked, self.readouts), n)
        for rate, row in zip(asked, found, strict=True):
            self.scores[rate] = dict(zip(self.readouts, map(float, row), strict=True))
            self.episodes[rate] = n

    def ranked(self, n: int) -> list[float]:
        """Return the rates scored on n episodes, the best first."""
        rates = (rate for rate, on in self.episodes.items() if on == n and rate not in self.unstable)
        return sorted(rates, key=lambda rate: (-self.highest(rate)[0], rate))

    def highest(self, rate: float) -> tuple[float, int]:
        """Return a rate's highest score and its earliest epoch; -inf where it diverged throughout."""
        usable = [(value, -epoch) for epoch, value in self.scores[rate].items() if math.isfinite(value)]
        score, epoch = max(usable, default=(-math.inf, 0))
        return score, -epoch

    def go_beyond_edges(self, n: int) -> None:
        """Try what lies beyond the edges that the best of those scored on n episodes lies on, until it lies on none."""
        while True:
            best = self.ranked(n)[0]
            if self.highest(best)[0] <= self.start(n):
                least = min(self.scores)
                if abs(self.highest(least)[0] - self.start(n)) <= FLAT or least <= LOWEST:
                    return
                self.score([least / STEP], n)
            elif self.is_rate_edge(best, min) and best > LOWEST:
                self.score([best / STEP], n)
            elif self.is_rate_edge(best, max) and best < HIGHEST:
                self.score([best * STEP], n)
            elif self.is_epoch_edge(best) and self.readouts[-1] * LONGER <= self.longest:
                self.readouts = (*self.readouts, self.readouts[-1] * LONGER)
                self.score(self.ranked(n)[:2], n)
            elif self.is_epoch_edge(best) and max(self.scores[best]) < self.readouts[-1]:
                self.score([best], n)
            else:
                return

    def up_to(self, found: Found) -> tuple[int, ...]:
        """Return the epochs at which a setting's rate was read out, up to its own."""
        return tuple(epoch for epoch in self.scores[found.learning_rate] if epoch <= found.epoch)

    def give_up(self, rate: float, moved: float, n: int) -> None:
        """Use a rate no more; where none scored on n episodes is left, score the best of the others on them."""
        self.unstable[rate] = moved
        others = [other for other in self.scores if other not in self.unstable]
        if others and not self.ranked(n):
            self.score([max(others, key=lambda other: (self.highest(other)[0], -other))], n)

    def is_rate_edge(self, rate: float, end: Callable[[Iterable[float]], float]) -> bool:
        """Return whether a rate is the least or largest tried, and better than the one beside it."""
        if rate != end(self.scores):
            return False
        others = [other for other in self.scores if other != rate]
        return not others or self.highest(rate)[0] > self.highest(end(others))[0] + FLAT

    def is_epoch_edge(self, rate: float) -> bool:
        """Return whether a rate is best at its last epoch of several, and better than at the one before."""
        score, epoch = self.highest(rate)
        *before, last = self.scores[rate]
        return bool(before) and epoch == last and score > self.scores[rate][before[-1]] + FLAT

    def best(self, n: int) -> Found:
        """Return the best of those scored on n episodes, the start among them."""
        ranked = self.ranked(n)
        rate, (score, epoch) = (ranked[0], self.highest(ranked[0])) if ranked else (0.0, (-math.inf, 0))
        if score <= self.start(n):
            return Found(0.0, 0, self.start(n), self.scores, self.episodes, (), self.unstable)
        edges = {
            f"learning rate {rate:g} is the smallest that was tried": self.is_rate_edge(rate, min),
            f"learning rate {rate:g} is the largest that was tried": self.is_rate_edge(rate, max),
            f"epoch {epoch} is the last that was tried": self.is_epoch_edge(rate),
        }
        left = tuple(text for text, on in edges.items() if on)
        return Found(rate, epoch, score, self.scores, self.episodes, left, self.unstable)
