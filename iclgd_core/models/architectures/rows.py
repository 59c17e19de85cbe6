"""Where queries, keys and values lie among the rows of a fused projection matrix."""

from collections.abc import Callable
from typing import NamedTuple

import torch


class Sizes(NamedTuple):
    """Sizes of one attention layer.

    Attributes:
        heads: query heads.
        groups: key and value heads; each serves heads / groups query heads.
        side: rows of a head.
    """

    heads: int
    groups: int
    side: int


class Rows(NamedTuple):
    """Indices of the rows of W_Q, W_K and W_V in a fused matrix, each ordered by head."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor


RowLayout = Callable[[Sizes], Rows]


def concatenated(sizes: Sizes) -> Rows:
    """All queries, then all keys, then all values (GPT-2, Phi-3)."""
    heads, groups, side = sizes
    rows = torch.arange((heads + 2 * groups) * side)
    keys, values = heads * side, (heads + groups) * side
    return Rows(rows[:keys], rows[keys:values], rows[values:])


def by_group(sizes: Sizes) -> Rows:
    """For each group its queries, then its key, then its value.

    With as many groups as heads: query, key, value head by head (GPT-NeoX, BLOOM); with one group: all queries, then
    the key and the value (multi-query Falcon).
    """
    heads, groups, side = sizes
    rows = torch.arange((heads + 2 * groups) * side).reshape(groups, heads // groups + 2, side)
    return Rows(rows[:, :-2].flatten(), rows[:, -2].flatten(), rows[:, -1].flatten())
