"""Kendall's tau-b: whether two readings rank the same tokens alike."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]

MOST_PAIRS = 2**24
"""Pairs compared at once, which bounds the memory."""


def kendall_tau(a: ArrayLike, b: ArrayLike) -> Floats:
    """Return Kendall's tau-b over the last axis.

        tau_b = sum_{i<j} sign(a_i - a_j) sign(b_i - b_j) / sqrt( #{a_i != a_j} #{b_i != b_j} )

    Args:
        a: (..., n), n >= 2.
        b: of the same shape.

    Returns:
        (...), in [-1, 1]; 1 for the same ranking, 0 on average for unrelated ones. Unchanged by any increasing function
        of either side, such as a softmax.

    Raises:
        SettingsError: different shapes, n < 2, NaN or infinity, or a side whose values are all equal, which ranks
            nothing.

    Source: Kendall 1945, Biometrika 33; used for attention to training tokens in arXiv 2212.10559, section 4.

    >>> round(float(kendall_tau([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])), 4)
    0.3333
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim < 1 or first.shape[-1] < 2:
        raise SettingsError(f"two rankings need one shape, (..., n), n >= 2; got {first.shape} and {second.shape}.")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise SettingsError("a ranking holds NaN or infinity; what diverged ranks nothing.")
    n = first.shape[-1]
    rows, left, right = first.size // n, first.reshape(-1, n), second.reshape(-1, n)
    i, j = np.triu_indices(n, 1)
    at_once = max(1, MOST_PAIRS // len(i))
    out = np.empty(rows)
    for at in range(0, rows, at_once):
        x, y = left[at : at + at_once], right[at : at + at_once]
        one, two = np.sign(x[:, i] - x[:, j]), np.sign(y[:, i] - y[:, j])
        untied = np.sqrt(np.abs(one).sum(axis=1) * np.abs(two).sum(axis=1))
        if (untied == 0.0).any():
            raise SettingsError("a ranking whose values are all equal ranks nothing; tau is undefined.")
        out[at : at + at_once] = (one * two).sum(axis=1) / untied
    return np.asarray(np.clip(out, -1.0, 1.0).reshape(first.shape[:-1]))
