"""Order sensitivity: how much predictions move when the demonstrations are reordered."""

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Floats, Predictions, checked, probabilities
from iclgd_core.models.language.predictions import TopLogProbs, aligned


def order_sensitivity(log_probs: Predictions, *, axis: int) -> Floats:
    """Return the standard deviation of the output distribution over orders, summed over the vocabulary.

        Sen = sum_v sqrt( (1/m) sum_o (p_o(v) - mean_o p_o(v))^2 )

    with p_o(v) the probability of vocabulary entry v after order o of the demonstrations, m orders, ddof 0.

    Args:
        log_probs: (..., V) with the orders, m >= 2, on `axis`.
        axis: the axis of the orders; any but the last.

    Returns:
        The leading shape without `axis`, in [0, sqrt(m - 1)]; higher is more sensitive. 0 exactly where all
        orders agree; sqrt(m - 1) where each order puts all mass on a token of its own. An output that flips
        between two tokens, to one of them in a share r of the orders, has 2 sqrt(r (1 - r)).

    Bias: with ddof 0 it grows with m, so compare equal numbers of orders only.

    Raises:
        SettingsError: fewer than 2 orders; `axis` out of range or that of the vocabulary; NaN or +inf; sums
            that are not 1.

    Source: arXiv 2310.08540, section 4 (its ddof is not known; the sum over the vocabulary is).

    >>> order_sensitivity(np.log([[0.9, 0.1], [0.1, 0.9]]), axis=0).round(12)
    np.float64(0.8)
    """
    values = _over_common_tokens(log_probs, axis) if isinstance(log_probs, TopLogProbs) else checked(log_probs)
    if not -values.ndim <= axis < values.ndim or axis % values.ndim == values.ndim - 1:
        raise SettingsError(f"axis {axis} cannot be that of the orders in predictions of shape {values.shape}.")
    if values.shape[axis] < 2:
        raise SettingsError(f"order sensitivity needs at least 2 orders; got {values.shape[axis]}.")
    p = probabilities(values)
    centred = p - p.take([0], axis=axis)  # the same for every order exactly, so that equal orders give exactly 0
    return np.asarray(centred.std(axis=axis % values.ndim, ddof=0).sum(axis=-1), dtype=np.float64)


def _over_common_tokens(log_probs: TopLogProbs, axis: int) -> Floats:
    """Write all orders over the tokens that any of them kept; the mass of the others moves as one token would."""
    if not -log_probs.ndim <= axis < log_probs.ndim or axis % log_probs.ndim == log_probs.ndim - 1:
        raise SettingsError(f"axis {axis} cannot be that of the orders in predictions of shape {log_probs.shape}.")
    orders = log_probs.moveaxis(axis % log_probs.ndim, 0)
    dense = np.stack(aligned([orders[o] for o in range(len(orders))]))
    return checked(np.moveaxis(dense, 0, axis % log_probs.ndim))
