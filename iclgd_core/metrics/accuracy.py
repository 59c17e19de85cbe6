"""Accuracy: whether the most probable token is the right answer."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics.predictions import Floats, Predictions, checked
from iclgd_core.models.language.predictions import TopLogProbs


def correct(log_probs: Predictions, answers: ArrayLike) -> Floats:
    """Return 1 where the argmax over the whole vocabulary is the answer, else 0; ties go to the lowest id.

        correct = 1[ answer = argmax_v log_probs[..., v] ]

    Args:
        log_probs: (..., V).
        answers: token ids, of the leading shape or broadcast to it, each in [0, V).

    Returns:
        (...), 0.0 or 1.0; higher is better. Average over queries for the accuracy of an episode.

    Raises:
        SettingsError: NaN or +inf; ids that are no integers or outside [0, V); shapes that do not broadcast.

    Source: arXiv 2310.08540, section 5 (argmax over the whole vocabulary, not over the labels).

    >>> correct(np.log([[0.2, 0.8], [0.6, 0.4]]), [1, 1])
    array([1., 0.])
    """
    size = np.shape(log_probs)[-1] if not isinstance(log_probs, TopLogProbs) else log_probs.vocabulary
    ids = _ids(answers, size, "answers")
    if isinstance(log_probs, TopLogProbs):
        best = checked(log_probs.log_probs).argmax(axis=-1)
        likeliest = np.take_along_axis(log_probs.ids, best[..., None], axis=-1)[..., 0]
    else:
        likeliest = checked(log_probs).argmax(axis=-1)
    return np.asarray(likeliest == np.broadcast_to(ids, _fit(answers, likeliest.shape)), dtype=np.float64)


def correct_among(log_probs: Predictions, answers: ArrayLike, label_set: ArrayLike) -> Floats:
    """Return 1 where the argmax over the labels alone is the answer, else 0; ties go to the lowest id.

        correct = 1[ answer = argmax_{v in label_set} log_probs[..., v] ]

    At least as high as `correct` on the same predictions, answer by answer.

    Args:
        log_probs: (..., V).
        answers: token ids from label_set, of the leading shape or broadcast to it.
        label_set: token ids of the labels, (L,), L >= 1; order and repetition do not matter.

    Returns:
        (...), 0.0 or 1.0; higher is better. A single label gives 1 everywhere.

    Raises:
        SettingsError: NaN or +inf; ids that are no integers or outside [0, V); an answer that is no label; an
            empty label set; shapes that do not broadcast.

    >>> correct_among(np.log([[0.1, 0.3, 0.6], [0.2, 0.1, 0.7]]), [1, 1], [0, 1])
    array([1., 0.])
    """
    size = np.shape(log_probs)[-1] if not isinstance(log_probs, TopLogProbs) else log_probs.vocabulary
    labels = np.unique(_ids(label_set, size, "label_set"))
    if labels.size == 0:
        raise SettingsError("label_set needs at least one token id; got none.")
    if isinstance(log_probs, TopLogProbs):
        among = checked(_kept(log_probs, labels))
    else:
        among = checked(log_probs)[..., labels]
    ids = np.broadcast_to(_ids(answers, size, "answers"), _fit(answers, among.shape[:-1]))
    if not np.isin(ids, labels).all():
        odd = ids[~np.isin(ids, labels)].flat[0]
        raise SettingsError(f"answer {odd} is not in label_set {labels.tolist()}, so it can never be right.")
    return np.asarray(labels[among.argmax(axis=-1)] == ids, dtype=np.float64)


def _ids(ids: ArrayLike, size: int, name: str) -> NDArray[np.int64]:
    out = np.asarray(ids)
    if out.size and not np.issubdtype(out.dtype, np.integer):
        raise SettingsError(f"{name} must be integer token ids; got {out.dtype}.")
    if out.size and not (out.min() >= 0 and out.max() < size):
        raise SettingsError(f"{name} must lie in [0, {size}); got {out.min()} to {out.max()}.")
    return out.astype(np.int64)


def _kept(log_probs: TopLogProbs, labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the log-probabilities of the labels, (..., L); labels are kept in every prediction."""
    found = log_probs.ids[..., None, :] == labels[:, None]
    if not found.any(axis=-1).all():
        raise SettingsError(f"the labels {labels.tolist()} are not among the tokens that were kept.")
    return np.take_along_axis(log_probs.log_probs[..., None, :], found.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def _fit(answers: ArrayLike, leading: tuple[int, ...]) -> tuple[int, ...]:
    given = np.shape(answers)
    try:
        fits = np.broadcast_shapes(leading, given) == leading
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"answers of shape {given} do not fit predictions of leading shape {leading}.")
    return leading
