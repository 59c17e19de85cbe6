"""The number that a prediction expects, where the labels are digits."""

import numpy as np

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Floats
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs


def label_log_probs(log_probs: LogProbs, labels: tuple[int, ...]) -> Floats:
    """Return the log-probabilities of some labels.

    Args:
        log_probs: (..., V).
        labels: their token ids, L of them, distinct; of a large vocabulary, tokens that every prediction keeps.

    Returns:
        (..., L), in the order of `labels`.

    Raises:
        SettingsError: a label that some prediction did not keep.
    """
    if not isinstance(log_probs, TopLogProbs):
        return np.asarray(log_probs[..., list(labels)], dtype=np.float64)
    found = [log_probs.ids == label for label in labels]
    if not all(one.any(axis=-1).all() for one in found):
        raise SettingsError(f"the labels {list(labels)} are not among the tokens that were kept.")
    columns = [np.take_along_axis(log_probs.log_probs, one.argmax(axis=-1)[..., None], axis=-1) for one in found]
    return np.concatenate(columns, axis=-1).astype(np.float64)


def expected_digit(log_probs: LogProbs, labels: tuple[int, ...]) -> Floats:
    """Return the mean of the digits under the distribution over them alone, renormalised.

        E y = sum_d d p_d / sum_d p_d

    Args:
        log_probs: (..., V).
        labels: token ids of the digits 0, 1, 2, ...

    Returns:
        (...), from 0 to the last digit; NaN where a learner diverged.

    >>> round(float(expected_digit(np.log(np.array([0.1, 0.3, 0.6], dtype=np.float32)), (0, 1))), 6)
    0.75
    """
    logs = label_log_probs(log_probs, labels)
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(weights @ np.arange(len(labels), dtype=np.float64) / weights.sum(axis=-1))
