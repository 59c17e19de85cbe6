"""SimAOU: whether ICL and fine-tuning change an attention block's output in the same direction."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.cosine import cosine, unit

Floats = NDArray[np.float64]


def sim_aou(h_icl: ArrayLike, h_zs: ArrayLike, h_ft: ArrayLike, normalise: bool) -> Floats:
    """Return the similarity of attention output updates.

        raw:        cos( h_ICL - h_ZS, h_FT - h_ZS )
        normalised: the same of h / |h|

    with h the output of a layer's self-attention block, after the output projection and before the residual, at the
    position whose output is the prediction.

    Args:
        h_icl: with demonstrations, (..., d).
        h_zs: without, of the same shape.
        h_ft: of the fine-tuned model without demonstrations, of the same shape.
        normalise: whether each h is first divided by its norm. Then two independent random updates do not give 0:
            see `sim_aou_of_random_updates`.

    Returns:
        (...), in [-1, 1]; higher is nearer.

    Raises:
        SettingsError: different shapes, NaN or infinity, or an update of length zero.

    Source: arXiv 2212.10559, section 4 (normalised, as coded); arXiv 2311.07772, section 3 (raw).

    >>> round(float(sim_aou([2.0, 0.0], [1.0, 0.0], [2.0, 1.0], normalise=False)), 4)
    0.7071
    """
    icl, zero_shot, fine_tuned = (np.asarray(h, dtype=np.float64) for h in (h_icl, h_zs, h_ft))
    if not icl.shape == zero_shot.shape == fine_tuned.shape:
        raise SettingsError(
            f"SimAOU needs three arrays of one shape; got {icl.shape}, {zero_shot.shape} and {fine_tuned.shape}."
        )
    if normalise:
        icl, zero_shot, fine_tuned = unit(icl, "h_icl"), unit(zero_shot, "h_zs"), unit(fine_tuned, "h_ft")
    return cosine(icl - zero_shot, fine_tuned - zero_shot)


def sim_aou_of_random_updates(c: ArrayLike) -> Floats:
    """Return the normalised SimAOU of two independent random updates, in the limit of many dimensions.

        s = 1 / sqrt(1 + c),    SimAOU = (1 - s)^2 / ( s^2 c + (1 - s)^2 ),    c = |r|^2 / |h_ZS|^2

    Both updated vectors h_ZS + r are pulled back to the sphere, so both updates have a common part along -h_ZS.

    Args:
        c: squared length of the updates, in squared lengths of h_ZS, > 0.

    Returns:
        In (0, 0.5): 0.146 at c = 1, 0.25 at c = 3; raw SimAOU is 0 at any c.

    Raises:
        SettingsError: c that is not positive and finite.

    Source: arXiv 2311.07772, section 3.1 (the effect); the closed form follows from orthogonality of r, r' and h_ZS.

    >>> sim_aou_of_random_updates(3.0)
    array(0.25)
    """
    size = np.asarray(c, dtype=np.float64)
    if not (np.isfinite(size).all() and (size > 0.0).all()):
        raise SettingsError(f"the squared length of a random update must be positive and finite; got {c!r:.80}.")
    s = 1.0 / np.sqrt(1.0 + size)
    return np.asarray((1.0 - s) ** 2 / (s**2 * size + (1.0 - s) ** 2))
