"""What goes into a metric of predictions: log-probabilities over the vocabulary, in float64.

Predictions of a large vocabulary (`TopLogProbs`) are compared over the tokens that either side kept, and one more
column for the mass of all others: exact for any sum over tokens of a function homogeneous of degree 1, since that mass
is spread evenly on both sides.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, aligned

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Predictions = ArrayLike | LogProbs

SUM_TOLERANCE = 1e-3
"""How far from 1 a distribution may sum: a float32 log-softmax is off by about 1e-6, logits by far more."""


def checked(log_probs: ArrayLike, name: str = "log_probs") -> Floats:
    """Return log-probabilities (..., V) as float64; -inf (probability 0) is allowed.

    Raises:
        SettingsError: no vocabulary axis, an empty vocabulary, NaN or +inf.
    """
    out = np.asarray(log_probs, dtype=np.float64)
    if out.ndim < 1 or out.shape[-1] < 1:
        raise SettingsError(f"{name} needs a last axis with at least one vocabulary entry; got shape {out.shape}.")
    if np.isnan(out).any() or (out == np.inf).any():
        raise SettingsError(f"{name} holds NaN or +inf; a learner that diverged has no predictions to compare.")
    return out


def checked_pair(p: Predictions, q: Predictions) -> tuple[Floats, Floats, int]:
    """Return two arrays of log-probabilities of the same shape, float64, and how many columns are single tokens.

    The columns are the vocabulary; of a large one, those of `aligned`, whose last is no token.

    Raises:
        SettingsError: different shapes, one side whole and the other not, or what `checked` refuses.
    """
    if isinstance(p, TopLogProbs) and isinstance(q, TopLogProbs):
        both = aligned([p, q])
        return checked(both[0], "p"), checked(both[1], "q"), both[0].shape[-1] - 1
    if isinstance(p, TopLogProbs) or isinstance(q, TopLogProbs):
        raise SettingsError("p and q need the same vocabulary; one is a large one of which the likeliest are kept.")
    first, second = checked(p, "p"), checked(q, "q")
    if first.shape != second.shape:
        raise SettingsError(f"p and q need the same shape; got {first.shape} and {second.shape}.")
    return first, second, first.shape[-1]


def probabilities(log_probs: Floats) -> Floats:
    """Return exp(log_probs), rescaled so that each distribution sums to 1.

    Raises:
        SettingsError: a distribution whose sum is not 1 within 1e-3, so that these are no log-probabilities
            over the whole vocabulary.

    >>> probabilities(np.log([0.5, 0.25, 0.25]))
    array([0.5 , 0.25, 0.25])
    """
    with np.errstate(over="ignore"):
        p = np.exp(log_probs)
        total = p.sum(axis=-1, keepdims=True)
    worst = float(np.abs(total - 1.0).max(initial=0.0))
    if worst > SUM_TOLERANCE:
        raise SettingsError(
            f"probabilities over the vocabulary sum to 1; here one sum is off by {worst:.3g}. "
            "Give log-softmax over the whole vocabulary, not logits and not a part of it."
        )
    return np.asarray(p / total, dtype=np.float64)
