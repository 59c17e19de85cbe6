"""A regression tree grown greedily, batched over episodes (the tree baseline of arXiv 2208.01066, appendix A)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.tasks.regression.task import Floats

DEPTH = 4
"""Depth of the trees to be learnt, which the paper's code gives its greedy learner."""


@dataclass(frozen=True, eq=False)
class GreedyTree:
    """Trees of several episodes, each of one depth; nodes of a level from left to right.

    Attributes:
        splits: for each level, coordinate and threshold of its nodes, (episodes, 2^level) each; right is x > threshold,
            and the threshold is infinite at a node that splits no further.
        leaves: (episodes, 2^depth) mean answers; an empty leaf has that of the node above it.
    """

    splits: tuple[tuple[NDArray[np.int64], Floats], ...]
    leaves: Floats

    def predict(self, queries: Floats) -> Floats:
        """Return the leaf's mean of each query (episodes, queries, d): (episodes, queries)."""
        node = np.zeros(queries.shape[:2], dtype=np.int64)
        for coordinate, threshold in self.splits:
            node = 2 * node + _right(queries, node, coordinate, threshold)
        return np.take_along_axis(self.leaves, node, axis=1)


def greedy_tree(x: Floats, y: Floats, queries: Floats) -> Floats:
    """Predict by a greedily grown tree of depth 4; 0 without demonstrations.

    Args:
        x: demonstrations, (episodes, points, d).
        y: their answers, (episodes, points).
        queries: (episodes, queries, d).

    Returns:
        Predictions, (episodes, queries).
    """
    return np.zeros(queries.shape[:2]) if x.shape[1] == 0 else grow(x, y, DEPTH).predict(queries)


def grow(x: Floats, y: Floats, depth: int) -> GreedyTree:
    """Grow trees level by level: each node takes the split that lowers its squared error most.

    Candidates are the midpoints between neighbouring values of each coordinate within the node; ties go to the first
    coordinate, then to the smallest threshold. A node whose error no split lowers splits no further.

    Raises:
        SettingsError: no point, or a depth below 1.
    """
    if x.shape[1] == 0 or depth < 1:
        raise SettingsError(f"a tree of depth {depth} on {x.shape[1]} points. Allowed: depth and points from 1.")
    node = np.zeros(y.shape, dtype=np.int64)
    values = y.mean(1, keepdims=True)
    splits: list[tuple[NDArray[np.int64], Floats]] = []
    for level in range(depth):
        coordinate, threshold = _best_splits(x, y, node, 2**level)
        splits.append((coordinate, threshold))
        node = 2 * node + _right(x, node, coordinate, threshold)
        inside = node[:, :, None] == np.arange(2 ** (level + 1))
        count = inside.sum(1)
        total = (inside * y[:, :, None]).sum(1)
        values = np.where(count > 0, total / np.maximum(count, 1), np.repeat(values, 2, axis=1))
    return GreedyTree(tuple(splits), values)


def _right(x: Floats, node: NDArray[np.int64], coordinate: NDArray[np.int64], threshold: Floats) -> NDArray[np.bool_]:
    """Return whether each point goes right at its node, (episodes, points)."""
    asked = np.take_along_axis(coordinate, node, axis=1)
    value = np.take_along_axis(x, asked[..., None], axis=2)[..., 0]
    return np.asarray(value > np.take_along_axis(threshold, node, axis=1))


def _best_splits(x: Floats, y: Floats, node: NDArray[np.int64], nodes: int) -> tuple[NDArray[np.int64], Floats]:
    """Return coordinate and threshold of the best split of each node, (episodes, nodes) each."""
    best = np.full((len(x), nodes), 1e-12)  # less than rounding is no gain
    coordinate = np.zeros((len(x), nodes), dtype=np.int64)
    threshold = np.full((len(x), nodes), np.inf)
    for j in range(x.shape[2]):
        order = np.argsort(x[:, :, j], axis=1, kind="stable")
        value, answer, of = (np.take_along_axis(a, order, axis=1) for a in (x[:, :, j], y, node))
        inside = of[:, :, None] == np.arange(nodes)
        count, total = np.cumsum(inside, axis=1), np.cumsum(inside * answer[:, :, None], axis=1)
        all_count, all_total = count[:, -1:], total[:, -1:]
        beyond = np.where(inside, value[:, :, None], np.inf)[:, ::-1]
        following = np.minimum.accumulate(beyond, axis=1)[:, ::-1]
        following = np.concatenate([following[:, 1:], np.full_like(following[:, :1], np.inf)], axis=1)
        rest = all_count - count
        usable = inside & (rest > 0) & (following > value[:, :, None])
        gain = (
            np.square(total) / np.maximum(count, 1)
            + np.square(all_total - total) / np.maximum(rest, 1)
            - np.square(all_total) / np.maximum(all_count, 1)
        )
        gain = np.where(usable, gain, -np.inf)
        at = gain.argmax(1)[:, None]
        found = np.take_along_axis(gain, at, axis=1)[:, 0]
        middle = (np.take_along_axis(value, at[:, 0], axis=1) + np.take_along_axis(following, at, axis=1)[:, 0]) / 2
        better = found > best
        best, coordinate = np.where(better, found, best), np.where(better, j, coordinate)
        threshold = np.where(better, middle, threshold)
    return coordinate, threshold
