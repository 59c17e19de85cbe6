"""Drift: how far a set of weights has moved from another."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError


def relative_change(a: Mapping[str, ArrayLike], b: Mapping[str, ArrayLike]) -> float:
    """Return the distance of weights b from weights a, relative to the size of a.

        change = || a - b ||_F / || a ||_F,    || a ||_F^2 = sum over parameters and entries of a^2

    Args:
        a: weights by parameter name, the reference.
        b: the same names and shapes.

    Returns:
        >= 0, 0 for equal weights, 1 for b = 0; no upper bound. Not symmetric: the reference scales it.

    Raises:
        SettingsError: different names or shapes, NaN or infinity, or a reference of norm zero (undefined).

    Source: arXiv 2310.08540, section 3, figure 3 (parameters change while accuracy stays).

    >>> relative_change({"w": [3.0, 4.0]}, {"w": [3.0, 1.0]})
    0.6
    """
    if a.keys() != b.keys():
        raise SettingsError(f"both sides need the same parameters; only one has {sorted(a.keys() ^ b.keys())}.")
    moved, size = [0.0], [0.0]
    largest = max((float(np.abs(np.asarray(w, dtype=np.float64)).max(initial=0.0)) for w in a.values()), default=0.0)
    down = -math.frexp(largest)[1] if math.isfinite(largest) else 0  # keeps squares of tiny or huge weights in range
    for name in a:
        first, second = np.asarray(a[name], dtype=np.float64), np.asarray(b[name], dtype=np.float64)
        if first.shape != second.shape:
            raise SettingsError(f"parameter {name!r} has shape {first.shape} on one side, {second.shape} on the other.")
        if not (np.isfinite(first).all() and np.isfinite(second).all()):
            raise SettingsError(f"parameter {name!r} holds NaN or infinity; weights that diverged have no distance.")
        moved.append(float(np.linalg.norm((np.ldexp(first, down) - np.ldexp(second, down)).ravel())))
        size.append(float(np.linalg.norm(np.ldexp(first, down).ravel())))
    whole = math.hypot(*size)
    if whole == 0.0:
        raise SettingsError("relative change is undefined: the reference weights are all zero, or there are none.")
    return math.hypot(*moved) / whole
