"""Sparsity of weights, and how sparse a weight-space construction of gradient descent would need them."""

import math

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Floats


def sparsity_ratio(w: ArrayLike, delta: float) -> float:
    """Return the share of entries with |w| < delta.

    Args:
        w: weights, of any shape, finite, at least one.
        delta: threshold, > 0, in the units of w.

    Returns:
        In [0, 1]; higher is sparser. Grows with delta; not invariant under scaling of w (see
        `relative_sparsity`), nor under the rotations of a head's inner axis that leave W_K^T W_Q unchanged.

    Raises:
        SettingsError: no weights, NaN or infinity, delta that is not a positive number.

    Source: arXiv 2310.08540, section 3.2, figure 2 (delta from 1e-2 to 1e-6).

    >>> sparsity_ratio([[0.0, 0.5], [-0.001, 2.0]], 0.01)
    0.5
    """
    weights = _weights(w)
    if not (math.isfinite(delta) and delta > 0.0):
        raise SettingsError(f"the threshold of sparsity is a positive number; got {delta!r}.")
    return float((np.abs(weights) < delta).mean())


def relative_sparsity(w: ArrayLike, delta: float) -> float:
    """Return the share of entries with |w| < delta rms(w), rms(w) = sqrt(mean w^2).

    Args:
        w: weights, of any shape, finite, not all zero.
        delta: threshold, > 0, in units of rms(w).

    Returns:
        In [0, 1]; higher is sparser. Invariant under scaling of w, so models of different scale compare.

    Raises:
        SettingsError: all weights zero (undefined); no weights, NaN or infinity, delta not positive.

    >>> relative_sparsity([3.0, 0.0, 0.0, 0.01], 0.01)
    0.75
    """
    weights = _weights(w)
    largest = float(np.abs(weights).max())
    if largest == 0.0:
        raise SettingsError("relative sparsity is undefined: all weights are zero, so they have no scale.")
    scaled = weights / largest
    return sparsity_ratio(scaled / math.sqrt(float((scaled * scaled).mean())), delta)


def required_sparsity(side: int) -> dict[str, float]:
    """Return the share of exact zeros in each matrix of the construction of one GD step by linear attention.

    With square matrices of side 2n, inputs and targets of n dimensions each,

        W_K, W_Q: 1 - n / (2n)^2                  (identity on the inputs, else zero)
        W_V:      1 - (n^2 + n) / (2n)^2          (dense starting weights W0, and minus identity)
        W_V_zero: 1 - n / (2n)^2                  (W0 = 0)
        P:        1 - 2n / (2n)^2                 (a multiple of the identity)

    Args:
        side: 2n, even, >= 2.

    Returns:
        The shares by the names above, each in [0, 1).

    Raises:
        SettingsError: an odd side, or one below 2.

    Source: arXiv 2212.07677, proposition 1; as an argument on real models arXiv 2310.08540, section 3.2.

    >>> required_sparsity(8192)["W_K"].__format__(".5%"), required_sparsity(8192)["W_V"].__format__(".5%")
    ('99.99390%', '74.99390%')
    """
    if side < 2 or side % 2:
        raise SettingsError(f"the construction halves the side of its matrices, so it needs an even one; got {side}.")
    n, entries = side // 2, side * side
    nonzero = {"W_K": n, "W_Q": n, "W_V": n * n + n, "W_V_zero": n, "P": 2 * n}
    return {name: 1.0 - count / entries for name, count in nonzero.items()}


def _weights(w: ArrayLike) -> Floats:
    out = np.asarray(w, dtype=np.float64)
    if out.size == 0 or not np.isfinite(out).all():
        raise SettingsError(
            f"sparsity needs finite weights, at least one; got shape {out.shape} with NaN, inf or none."
        )
    return out
