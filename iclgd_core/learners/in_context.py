"""In-context learning: the demonstrations in the prompt, no weight changed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.models.adapter import CausalModel
from iclgd_core.tasks import Episode

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def prefix(episode: Episode, order: Ints) -> Ints:
    """Return the symbols of the demonstrations in the given order, each followed by the separator.

    x_1 y_1 / x_2 y_2 / ... / : the query comes right behind it. (n (length + 1 + separator),)
    """
    x, y = episode.demonstrations[order], episode.labels[order]
    separator = np.broadcast_to(episode.separator, (len(order), len(episode.separator)))
    return np.concatenate([x, y[:, None], separator], axis=1).reshape(-1)


def in_context(model: CausalModel, symbols: tuple[str, ...], episodes: Sequence[Episode], orders: Ints) -> Floats:
    """Predict every query of every episode behind its demonstrations in every order.

    Args:
        model: the model.
        symbols: the task's vocabulary.
        episodes: with equally many queries of equal length.
        orders: indices into the demonstrations, (episodes, orders, n); n = 0 is zero-shot.

    Returns:
        Log-probabilities (episodes, orders, queries, vocabulary), float32.

    Raises:
        ContextError: more demonstrations than the pool or the context window holds.
        VocabularyError: the model lacks a symbol of the task.
    """
    token = model.token_ids(symbols)
    n_episodes, n_orders, n = orders.shape
    for episode in episodes:
        episode.first(n)
    prefixes = np.stack([prefix(e, order) for e, row in zip(episodes, orders, strict=True) for order in row])
    queries = np.stack([episode.queries for episode in episodes for _ in range(n_orders)])
    out = model.log_probs_after(token[prefixes.astype(np.int64)], token[queries])
    return out.reshape(n_episodes, n_orders, *out.shape[1:])
