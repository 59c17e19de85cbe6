"""In-context learning: the demonstrations in the prompt, no weight changed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.tasks.prompts import EpisodePrompts

Ints = NDArray[np.int64]


def in_context(model: CausalModel, episodes: Sequence[EpisodePrompts], orders: Ints) -> LogProbs:
    """Predict every query of every episode behind its demonstrations in every order.

    Args:
        model: the model.
        episodes: in the model's tokens, with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n); n = 0 is zero-shot.

    Returns:
        Log-probabilities (episodes, orders, queries, vocabulary); see `predictions` for large vocabularies.

    Raises:
        ContextError: more demonstrations than the pool or the context window holds.
    """
    groups = [episode.prompts(order) for episode, rows in zip(episodes, orders, strict=True) for order in rows]
    out = model.log_probs(groups, labels_of(episodes))
    n_queries = len(groups[0])
    if isinstance(out, TopLogProbs):
        return out.reshape(*orders.shape[:2], n_queries)
    return out.reshape(*orders.shape[:2], n_queries, -1)


def labels_of(episodes: Sequence[EpisodePrompts]) -> Ints:
    """Return the token ids of the labels of all episodes, ascending."""
    return np.unique(np.concatenate([episode.label_set for episode in episodes]))
