"""Jensen-Shannon divergence of two predictions, and the agreement made from it."""

import numpy as np
from scipy.special import rel_entr

from iclgd_core.metrics.agreement import agreement
from iclgd_core.metrics.predictions import Floats, Predictions, checked_pair, probabilities


def jensen_shannon(p: Predictions, q: Predictions) -> Floats:
    """Return the Jensen-Shannon divergence, in bits.

        JS = 1/2 sum_v p_v log2( p_v / m_v ) + 1/2 sum_v q_v log2( q_v / m_v ),    m = (p + q) / 2

    Args:
        p: log-probabilities, (..., V); -inf is a probability of 0 and contributes 0.
        q: of the same shape.

    Returns:
        (...), in [0, 1]; lower is nearer. Symmetric; exactly 0 for identical inputs; 1 for disjoint supports.
        Its square root is a metric, it itself is not.

    Raises:
        SettingsError: different shapes, NaN or +inf, sums that are not 1.

    Source: Lin 1991, IEEE Transactions on Information Theory 37.

    >>> jensen_shannon([0.0, -np.inf], [-np.inf, 0.0])
    array(1.)
    """
    first, second, _ = checked_pair(p, q)
    a, b = probabilities(first), probabilities(second)
    total = a + b  # 2 m: never 0 where a or b is positive, as m itself could be by underflow
    nats = (rel_entr(2.0 * a, total) + rel_entr(2.0 * b, total)).sum(axis=-1) / 4.0
    return np.asarray(np.clip(nats / np.log(2.0), 0.0, 1.0), dtype=np.float64)


@agreement("jensen-shannon", "1 - Jensen-Shannon")
def js_agreement(p: Predictions, q: Predictions) -> Floats:
    """Return 1 - JS, so that higher is nearer: 1 for identical inputs, 0 for disjoint supports.

    Arguments, shapes and errors are those of `jensen_shannon`.

    >>> js_agreement([0.0, -np.inf], [0.0, -np.inf])
    array(1.)
    """
    return np.asarray(1.0 - jensen_shannon(p, q), dtype=np.float64)
