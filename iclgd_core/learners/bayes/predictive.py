"""Bayes as a learner: the posterior predictive of every query of every episode, over a model's vocabulary."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.learners.bayes.posterior import Likelihoods, mixture_likelihoods, structure_likelihoods
from iclgd_core.learners.in_context import labels_of
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, concatenated, read_out
from iclgd_core.tasks.ginc.prompts import GincPrompts
from iclgd_core.tasks.ginc.world import GincWorld

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Reading = Callable[[GincWorld, Ints, Ints], Likelihoods]

POSTERIORS: Mapping[str, Reading] = {
    "bayes-mixture": mixture_likelihoods,
    "bayes-structure": structure_likelihoods,
}
"""Bayesian accounts of ICL by name."""

ELSEWHERE = 1e-12
"""Probability spread evenly over the vocabulary, so that every log-probability is finite; no metric sees it."""


def predictive(
    reading: Reading, world: GincWorld, episodes: Sequence[GincPrompts], orders: Ints, vocabulary: int
) -> LogProbs:
    """Predict every query of every episode behind its demonstrations in every order; nothing is trained.

    Args:
        reading: what is made of a prompt.
        world: the world that the episodes come from.
        episodes: with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n); n = 0 is zero-shot.
        vocabulary: tokens of the model that it stands beside.

    Returns:
        Log-probabilities (episodes, orders, queries, vocabulary), float32, all finite; see `predictions` for large
        vocabularies. Tokens that are no symbol have probability ELSEWHERE / vocabulary.

    Raises:
        SettingsError: an episode that cannot come from this world.
    """
    labels = labels_of(episodes)
    parts = [
        read_out(torch.from_numpy(_over_tokens(reading, world, episode, order, vocabulary)), labels)
        for episode, rows in zip(episodes, orders, strict=True)
        for order in rows
    ]
    out = concatenated(parts)
    leading = (*orders.shape[:2], len(out) // max(1, orders.shape[0] * orders.shape[1]))
    return out.reshape(*leading) if isinstance(out, TopLogProbs) else out.reshape(*leading, -1)


def _over_tokens(
    reading: Reading, world: GincWorld, prompts: GincPrompts, order: Ints, vocabulary: int
) -> NDArray[np.float32]:
    """Return log-probabilities (queries, vocabulary) behind one order of the demonstrations."""
    drawn = prompts.episode
    demonstrations = np.concatenate([drawn.demonstrations[order], drawn.labels[order][:, None]], axis=1)
    found = reading(world, demonstrations, drawn.queries).next_symbol
    out = np.full((len(found), vocabulary), ELSEWHERE / vocabulary)
    out[:, prompts.token] += (1.0 - ELSEWHERE) * found
    return np.asarray(np.log(out), dtype=np.float32)
