"""The precondition of claims about ICL: a model gains from demonstrations, more than by what needs no learning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.design import Design
from iclgd_core.stats import paired_greater
from iclgd_core.tasks.prompts import EpisodePrompts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ICL_ALPHA = 0.05

DESIGN = Design("greater", 0.0, None, "episodes", which=": ICL")
"""Of the precondition, which is no claim's, for `iclgd calibrate`."""


@dataclass(frozen=True, eq=False)
class Gains:
    """How good a model is with demonstrations, and what it must be better than.

    Attributes:
        quantity: what is measured, in words.
        with_demonstrations: of each episode, (episodes,).
        others: the same of whatever must be worse, by name: "without", "by predicting 0".
        shots: number of demonstrations.
        task: for the message.
        less_is_better: whether the quantity is an error.
        over: what it is over, if anything, for example "over the whole vocabulary".
    """

    quantity: str
    with_demonstrations: Floats
    others: dict[str, Floats]
    shots: int
    task: str
    less_is_better: bool = False
    over: str = ""


def why_no_icl(gains: Gains) -> str:
    """Return why a model shows no ICL; empty where it does.

    The reason is the first that the model is not shown to be better than: where the one-sided test over episodes
    (`paired_greater`) does not reject at level 0.05.
    """
    found = gains.with_demonstrations
    for named, other in gains.others.items():
        p = _p_of_gain(*(_bytes(a) for a in ((other, found) if gains.less_is_better else (found, other))))
        if p is None or p > ICL_ALPHA:
            return (
                f"no ICL: {gains.quantity} {found.mean():.3f} with {gains.shots} demonstrations, {other.mean():.3f} "
                f"{named}{gains.over and ', '}{gains.over} (one-sided p = {p}, {len(found)} episodes of {gains.task})"
            )
    return ""


def _bytes(values: Floats) -> bytes:
    return np.asarray(values, dtype=np.float64).tobytes()


@lru_cache(maxsize=256)
def _p_of_gain(more: bytes, less: bytes) -> float | None:
    """Return the p-value of a gain; every claim on a model asks for the same, and resampling takes its time."""
    outcome = paired_greater(np.frombuffer(more), np.frombuffer(less), margin=DESIGN.margin, quantity="gain in context")
    return outcome.p_supported


def repeating(episodes: Sequence[EpisodePrompts], orders: Ints) -> Floats:
    """Return the accuracy of repeating the demonstrations' most frequent label, (episodes,).

    Args:
        episodes: in a model's tokens.
        orders: the demonstrations that are shown, (episodes, shots).
    """
    shown = zip(episodes, orders, strict=True)
    return np.array([float((most_frequent(episode, row) == episode.answers).mean()) for episode, row in shown])


def most_frequent(episode: EpisodePrompts, order: Ints) -> Ints:
    """Return the token id of the demonstrations' most frequent label for each answer of an episode, (answers,).

    Of labels of several symbols, position by position. Ties go to the smallest token id.
    """
    shown = episode.targets(order).reshape(len(order), -1)
    found = []
    for column in shown.T:
        ids, counts = np.unique(column, return_counts=True)
        found.append(ids[counts.argmax()])
    return np.tile(np.array(found), len(episode.answers) // len(found))
