"""What goes into a statistic: one float per episode."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]


def per_episode(x: ArrayLike, name: str) -> Floats:
    """Return `x` as a float64 array (n,), one value per episode; NaN and infinity pass.

    Raises:
        SettingsError: not one-dimensional.

    >>> per_episode([1, 2], "a")
    array([1., 2.])
    """
    out = np.asarray(x, dtype=np.float64)
    if out.ndim != 1:
        raise SettingsError(
            f"{name} needs one value per episode, an array (n,); got shape {out.shape}. "
            "Average over queries and orders within each episode first."
        )
    return out


def finite_per_episode(x: ArrayLike, name: str) -> Floats:
    """Return `x` as a float64 array (n,) of finite values.

    Raises:
        SettingsError: not one-dimensional, or a value that is NaN or infinite.
    """
    out = per_episode(x, name)
    if not np.isfinite(out).all():
        where = int(np.flatnonzero(~np.isfinite(out))[0])
        raise SettingsError(f"{name} needs finite values; episode {where} has {out[where]}. Record why instead.")
    return out
