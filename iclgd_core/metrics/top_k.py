"""The k most probable tokens, with a rule for ties that is the same on every device."""

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Bools, Floats

TOP_K = 10
"""The k of every top-k agreement (arXiv 2310.08540, section 5)."""


def in_top_k(log_probs: Floats, k: int) -> Bools:
    """Return which tokens are among the k most probable; ties at rank k go to the lowest token ids.

    The same set as the first k of a stable descending sort. Ranked by log-probability, in which tokens still
    differ whose probabilities underflow to 0; tokens of probability 0 fill up the k where fewer are positive.

    Args:
        log_probs: (..., V), checked.
        k: how many, in [1, V].

    Returns:
        (..., V), exactly k of them true.

    Raises:
        SettingsError: k outside [1, V].

    >>> in_top_k(np.log([0.2, 0.4, 0.2, 0.2]), 2)
    array([ True,  True, False, False])
    """
    size = log_probs.shape[-1]
    if not 1 <= k <= size:
        raise SettingsError(f"the k of the top k lies in [1, {size}], the size of the vocabulary; got {k}.")
    threshold = -np.partition(-log_probs, k - 1, axis=-1)[..., k - 1 : k]
    higher = log_probs > threshold
    tied = log_probs == threshold
    room = k - higher.sum(axis=-1, keepdims=True)
    return np.asarray(higher | (tied & (np.cumsum(tied, axis=-1) <= room)), dtype=np.bool_)
