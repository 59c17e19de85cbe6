"""The precondition of claims about ICL: a model gains from demonstrations more than by repeating their labels."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from iclgd_core.stats import paired_greater
from iclgd_core.tasks.prompts import EpisodePrompts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ICL_ALPHA = 0.05


def why_no_icl(in_context: Floats, zero_shot: Floats, repeated: Floats, shots: int, task: str) -> str:
    """Return why a model shows no ICL; empty where it does.

    An untrained model, too, favours tokens of its prompt a little (right in 1.5% of the answers of GINC with k = 8
    with demonstrations, in 0.6% without), which a test of "more accurate than zero-shot" detects; so ICL must also be
    more accurate than whoever repeats the demonstrations' most frequent label.

    Args:
        in_context: accuracy over the whole vocabulary with demonstrations, (episodes,).
        zero_shot: without, of the same episodes.
        repeated: of repeating the most frequent label of the demonstrations, of the same episodes.
        shots: number of demonstrations.
        task: for the message.

    Returns:
        The reason, where one of the two one-sided tests over episodes (`paired_greater`) does not reject at 0.05.
    """
    for other, named in ((zero_shot, "without"), (repeated, "by repeating their most frequent label")):
        p = _p_of_gain(*(np.asarray(a, dtype=np.float64).tobytes() for a in (in_context, other)))
        if p is None or p > ICL_ALPHA:
            return (
                f"no ICL: accuracy {in_context.mean():.3f} with {shots} demonstrations, {other.mean():.3f} {named}, "
                f"over the whole vocabulary (one-sided p = {p}, {len(in_context)} episodes of {task})"
            )
    return ""


@lru_cache(maxsize=256)
def _p_of_gain(in_context: bytes, other: bytes) -> float | None:
    """Return the p-value of a gain; every claim on a model asks for the same, and resampling takes its time."""
    outcome = paired_greater(np.frombuffer(in_context), np.frombuffer(other), margin=0.0, quantity="accuracy gained")
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
