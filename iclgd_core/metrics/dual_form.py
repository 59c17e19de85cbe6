"""The dual form of attention: demonstrations as an update of a weight matrix, and as tokens that are attended to."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]


def linear_attention(values: ArrayLike, keys: ArrayLike, query: ArrayLike) -> Floats:
    """Return attention without softmax, scale and mask, from the side of the tokens.

        out = sum_i v_i ( k_i . q )

    Args:
        values: of the tokens, (..., tokens, d_v).
        keys: (..., tokens, d_k).
        query: (..., d_k).

    Returns:
        (..., d_v).

    Raises:
        SettingsError: shapes that do not fit.

    Source: arXiv 2212.10559, section 2.

    >>> linear_attention([[1.0, 0.0], [0.0, 1.0]], [[2.0], [3.0]], [1.0])
    array([2., 3.])
    """
    v, k, q = _checked(values, keys, query)
    scores = np.einsum("...td,...d->...t", k, q)
    return np.asarray(np.einsum("...tv,...t->...v", v, scores))


def outer_products(values: ArrayLike, keys: ArrayLike) -> Floats:
    """Return the update that tokens are, from the side of the weights.

        W = sum_i v_i k_i^T

    For the query's own tokens this is W_ZSL, for demonstrations Delta W_ICL, so that

        linear_attention([V'; V], [K'; K], q) = (W_ZSL + Delta W_ICL) q

    Args:
        values: (..., tokens, d_v).
        keys: (..., tokens, d_k).

    Returns:
        (..., d_v, d_k).

    Raises:
        SettingsError: shapes that do not fit.

    Source: arXiv 2212.10559, section 3.1.

    >>> outer_products([[1.0, 0.0], [0.0, 1.0]], [[2.0], [3.0]])
    array([[2.],
           [3.]])
    """
    v, k, _ = _checked(values, keys, np.zeros(np.shape(keys)[-1:]))
    return np.asarray(np.einsum("...tv,...tk->...vk", v, k))


def relaxation_share(softmax_out: ArrayLike, linear_out: ArrayLike) -> Floats:
    """Return the share of softmax attention's output that the best multiple of linear attention's explains.

        share = 1 - min_{a >= 0} | softmax_out - a linear_out |^2 / | softmax_out |^2 = max(0, cos)^2

    Args:
        softmax_out: (..., d).
        linear_out: of the same shape.

    Returns:
        (...), in [0, 1]; 1 where they have one direction, 0 where they are orthogonal or opposite, or where linear
        attention gives nothing.

    Raises:
        SettingsError: different shapes, NaN or infinity, or a softmax output of norm zero.

    >>> round(float(relaxation_share([1.0, 1.0], [5.0, 0.0])), 12)
    0.5
    """
    soft, linear = np.asarray(softmax_out, dtype=np.float64), np.asarray(linear_out, dtype=np.float64)
    if soft.shape != linear.shape or soft.ndim < 1:
        raise SettingsError(f"the outputs of two attentions need one shape; got {soft.shape} and {linear.shape}.")
    if not (np.isfinite(soft).all() and np.isfinite(linear).all()):
        raise SettingsError("an attention output holds NaN or infinity; it cannot be compared.")
    size = np.einsum("...d,...d->...", soft, soft)
    if (size == 0.0).any():
        raise SettingsError("an attention output of norm zero has no share to explain.")
    inner, own = np.einsum("...d,...d->...", soft, linear), np.einsum("...d,...d->...", linear, linear)
    share = np.where(own > 0.0, np.maximum(inner, 0.0) ** 2 / np.where(own > 0.0, own, 1.0) / size, 0.0)
    return np.asarray(np.minimum(share, 1.0))


def _checked(values: ArrayLike, keys: ArrayLike, query: ArrayLike) -> tuple[Floats, Floats, Floats]:
    v, k, q = (np.asarray(x, dtype=np.float64) for x in (values, keys, query))
    if v.ndim < 2 or k.ndim < 2 or q.ndim < 1 or v.shape[-2] != k.shape[-2] or k.shape[-1] != q.shape[-1]:
        raise SettingsError(
            "attention needs values (..., tokens, d_v), keys (..., tokens, d_k) and a query (..., d_k); got shapes "
            f"{v.shape}, {k.shape} and {q.shape}."
        )
    return v, k, q
