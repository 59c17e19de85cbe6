"""Hypothesis strategies for predictions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def normalised(weights: NDArray[Any]) -> Floats:
    """Return log-probabilities proportional to `weights` along the last axis; a weight of 0 gives -inf."""
    w = np.asarray(weights, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(w / w.sum(axis=-1, keepdims=True)), dtype=np.float64)


def rows(n: int, size: int) -> st.SearchStrategy[Floats]:
    """Return log-probabilities (n, size), with ties and zeros."""
    weight = st.one_of(st.integers(0, 3).map(float), st.floats(1e-6, 1.0))
    row = st.lists(weight, min_size=size, max_size=size).filter(lambda w: sum(w) > 0.0)
    return st.lists(row, min_size=n, max_size=n).map(lambda w: normalised(np.array(w)))


@st.composite
def groups(draw: Callable[..., Any], n: int = 2, smallest: int = 2, largest: int = 8) -> Floats:
    """Draw n distributions over a vocabulary of smallest..largest entries, (n, V)."""
    out: Floats = draw(rows(n, draw(st.integers(smallest, largest))))
    return out
