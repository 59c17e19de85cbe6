"""Which rows an episode uses: demonstrations and queries, drawn by named streams and never by shuffling a data set."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import ContextError, SettingsError

Ints = NDArray[np.int64]
Sampling = Literal["natural", "balanced"]
SAMPLINGS: tuple[Sampling, ...] = ("natural", "balanced")

MOST_DEMONSTRATIONS = 512
"""Demonstrations in an episode: enough for the largest GD training set of arXiv 2310.08540, table 1."""


def pool_size(labels: Ints, classes: int, sampling: Sampling) -> int:
    """Return the demonstrations that every episode of a task holds.

    natural: min(512, floor(3 n / 4)) of n train rows; balanced: min(512, L floor(3 min_c n_c / 4)) for L classes. A
    quarter of the rows (of each class) stays free for the queries of tuning episodes.
    """
    if sampling == "natural":
        return min(MOST_DEMONSTRATIONS, 3 * len(labels) // 4)
    rarest = int(np.bincount(labels, minlength=classes).min())
    return min(MOST_DEMONSTRATIONS, classes * (3 * rarest // 4))


def demonstrations(labels: Ints, classes: int, pool: int, sampling: Sampling, rng: np.random.Generator) -> Ints:
    """Return the train rows of an episode's demonstrations, (pool,), none twice.

    natural: uniform without replacement (as in the early code of the first author of arXiv 2310.08540). balanced: each
    block of L successive demonstrations has each of the L labels once, in random order; where L does not divide the
    pool, the last block has distinct labels.

    Raises:
        SettingsError: balanced, and some class has too few rows.
    """
    if sampling == "natural":
        return rng.permutation(len(labels))[:pool].astype(np.int64)
    blocks = -(-pool // classes)
    by_class = [rng.permutation(np.flatnonzero(labels == label))[:blocks] for label in range(classes)]
    if pool < 1 or min(len(rows) for rows in by_class) < blocks:
        raise SettingsError(
            f"balanced sampling needs rows of every class, but the rarest has {min(len(r) for r in by_class)}; ask for "
            "natural sampling (--iclgd-sampling natural)."
        ).about("sampling")
    order = np.stack([rng.permutation(classes) for _ in range(blocks)])
    rows = np.stack(by_class)  # (classes, blocks)
    return rows[order, np.arange(blocks)[:, None]].reshape(-1)[:pool].astype(np.int64)


def queries(allowed: Ints, count: int, task: str, split: str, rng: np.random.Generator) -> Ints:
    """Return `count` of the allowed rows, uniform without replacement; fewer queries are a prefix of more.

    Raises:
        ContextError: more than there are.
    """
    if count > len(allowed):
        raise ContextError(
            f"{count} queries were asked for, but task {task!r} has {len(allowed)} rows for those of each "
            f"{split} episode. It needs more rows; --iclgd-max-words leaves some out."
        )
    return np.asarray(allowed[rng.permutation(len(allowed))[:count]], dtype=np.int64)
