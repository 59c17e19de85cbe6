"""Token overlap: how many of the k most probable tokens two predictions share."""

import numpy as np

from iclgd_core.metrics.agreement import agreement
from iclgd_core.metrics.predictions import Floats, Predictions, checked_pair
from iclgd_core.metrics.top_k import TOP_K, in_top_k


@agreement("token-overlap", "token overlap", top_k=TOP_K)
def token_overlap(p: Predictions, q: Predictions, k: int = TOP_K) -> Floats:
    """Return |T1 ∩ T2| / k, with T1 and T2 the k most probable tokens of p and of q.

    Args:
        p: log-probabilities, (..., V).
        q: of the same shape.
        k: how many tokens, in [1, V]; ties at rank k go to the lowest token ids.

    Returns:
        (...), in [max(0, 2k - V) / k, 1]; higher is nearer. Symmetric; 1 for identical inputs, and for all
        inputs where k = V. Probabilities count only through their ranks.

    Raises:
        SettingsError: different shapes, NaN or +inf, k outside [1, V].

    Source: arXiv 2310.08540, section 5 (k = 10).

    >>> token_overlap(np.log([0.5, 0.3, 0.2]), np.log([0.5, 0.1, 0.4]), k=2)
    array(0.5)
    """
    first, second, n = checked_pair(p, q)
    shared = in_top_k(first[..., :n], k) & in_top_k(second[..., :n], k)
    return np.asarray(shared.sum(axis=-1) / k, dtype=np.float64)
