"""Overlap cosine similarity (OCS) of two predictions, in the two readings that are well defined.

The formula as published divides by 0 for identical inputs, so each claim is judged by the bounded reading,
and reported as reading-dependent where the additive one disagrees. T1 and T2 are the k most probable tokens
of p and of q (ties at rank k to the lowest ids), O = T1 ∩ T2.
"""

import numpy as np

from iclgd_core.metrics.agreement import agreement
from iclgd_core.metrics.predictions import Bools, Floats, Predictions, checked_pair, probabilities
from iclgd_core.metrics.top_k import TOP_K, in_top_k


@agreement("ocs-bounded", "overlap cosine, bounded", top_k=TOP_K)
def ocs_bounded(p: Predictions, q: Predictions, k: int = TOP_K) -> Floats:
    """Return the cosine of p and q, each set to zero outside its own top k; the primary reading.

        OCS = sum_{v in O} p_v q_v / sqrt( sum_{v in T1} p_v^2  sum_{v in T2} q_v^2 )

    Args:
        p: log-probabilities, (..., V).
        q: of the same shape.
        k: how many tokens, in [1, V].

    Returns:
        (...), in [0, 1]; higher is nearer. Symmetric; 1 for identical inputs, 0 where O is empty.

    Raises:
        SettingsError: different shapes, NaN or +inf, sums that are not 1, k outside [1, V].

    Source: arXiv 2310.08540, section 5, made well defined.

    >>> float(ocs_bounded(np.log([0.6, 0.3, 0.1]), np.log([0.6, 0.1, 0.3]), k=2).round(12))
    0.8
    """
    a, b, top_a, top_b = _tops(p, q, k)
    both = top_a & top_b
    cross = np.where(both, a * b, 0.0).sum(axis=-1)
    norm = np.sqrt(np.where(top_a, a * a, 0.0).sum(axis=-1) * np.where(top_b, b * b, 0.0).sum(axis=-1))
    return np.asarray(np.minimum(cross / norm, 1.0), dtype=np.float64)


@agreement("ocs-additive", "overlap cosine, additive", top_k=TOP_K)
def ocs_additive(p: Predictions, q: Predictions, k: int = TOP_K) -> Floats:
    """Return the overlap cosine whose denominator grows by the number of tokens not shared.

        OCS = sum_{v in O} p_v q_v / sqrt( sum_{v in O} p_v^2  sum_{v in O} q_v^2  +  (k - |O|) )

    Args:
        p: log-probabilities, (..., V).
        q: of the same shape.
        k: how many tokens, in [1, V].

    Returns:
        (...), in [0, 1 / sqrt(1 + k - |O|)]; higher is nearer. Symmetric; 1 for identical inputs, 0 where O
        is empty, and near 0 for flat distributions as soon as one token differs.

    Raises:
        SettingsError: different shapes, NaN or +inf, sums that are not 1, k outside [1, V].

    Source: arXiv 2310.08540, section 5; the additive term is a reading of its formula, not confirmed.

    >>> float(ocs_additive(np.log([0.5, 0.3, 0.2]), np.log([0.5, 0.2, 0.3]), k=1))
    1.0
    """
    a, b, top_a, top_b = _tops(p, q, k)
    both = top_a & top_b
    cross = np.where(both, a * b, 0.0).sum(axis=-1)
    norms = np.where(both, a * a, 0.0).sum(axis=-1) * np.where(both, b * b, 0.0).sum(axis=-1)
    denominator = np.sqrt(norms + (k - both.sum(axis=-1)))
    return np.asarray(np.minimum(cross / denominator, 1.0), dtype=np.float64)


def _tops(p: Predictions, q: Predictions, k: int) -> tuple[Floats, Floats, Bools, Bools]:
    first, second, n = checked_pair(p, q)
    a, b = probabilities(first)[..., :n], probabilities(second)[..., :n]
    return a, b, in_top_k(first[..., :n], k), in_top_k(second[..., :n], k)
