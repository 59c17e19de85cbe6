"""Cosine of two vectors, refused where it is undefined."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]


def cosine(a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the cosine of the angle between two vectors, over the last axis.

        cos = a . b / ( |a| |b| )

    Args:
        a: (..., d).
        b: of the same shape, or broadcast to it.

    Returns:
        (...), in [-1, 1]; 1 for the same direction. Independent of either length.

    Raises:
        SettingsError: shapes that do not fit, an empty last axis, NaN or infinity, or a vector of norm zero, which has
            no direction.

    >>> cosine([3.0, 4.0], [[3.0, 4.0], [-4.0, 3.0]])
    array([1., 0.])
    """
    first, second = unit(a, "a"), unit(b, "b")
    try:
        both = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    except ValueError as error:
        raise SettingsError(f"shapes {first.shape} and {second.shape} have no cosine along their last axis.") from error
    if first.shape[-1] != second.shape[-1]:
        raise SettingsError(f"vectors of {first.shape[-1]} and of {second.shape[-1]} entries have no cosine.")
    inner = np.einsum("...i,...i->...", np.broadcast_to(first, (*both, first.shape[-1])), second)
    return np.asarray(np.clip(inner, -1.0, 1.0), dtype=np.float64)


def unit(x: ArrayLike, name: str = "x") -> Floats:
    """Return vectors (..., d) divided by their Euclidean norms, in float64.

    Raises:
        SettingsError: no or an empty last axis, NaN or infinity, or a vector of norm zero.

    >>> unit([3.0, 4.0])
    array([0.6, 0.8])
    """
    out = np.asarray(x, dtype=np.float64)
    if out.ndim < 1 or out.shape[-1] < 1:
        raise SettingsError(f"{name} needs vectors with at least one entry along the last axis; got shape {out.shape}.")
    if not np.isfinite(out).all():
        raise SettingsError(f"{name} holds NaN or infinity; what diverged has no direction.")
    largest = np.abs(out).max(axis=-1, keepdims=True)
    if (largest == 0.0).any():
        n = int((largest == 0.0).sum())
        raise SettingsError(
            f"{name} has no direction in {n} of {largest.size} vectors, which are zero: nothing was changed there. "
            "Take a learner that moves (a larger learning rate), or a layer that the change reaches."
        )
    out = out / largest  # squares of tiny or huge entries stay in range
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))
