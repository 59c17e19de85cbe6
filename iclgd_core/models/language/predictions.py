"""Predictions over a vocabulary: whole, or, where it is large, the likeliest tokens and the mass of the rest.

Up to WHOLE tokens a prediction is an array of log-probabilities over all of them. Above, KEPT of the likeliest tokens
and all labels are kept exactly, and the mass of the others is taken to be spread evenly over them. A top ten, an argmax
and the probability of a label are then exact; a sum over the vocabulary is off by no more than what the uneven part of
that mass makes of it. The rule depends on the vocabulary alone, so that all learners are read in the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WHOLE = 4096
KEPT = 512


@dataclass(frozen=True, eq=False)
class TopLogProbs:
    """Log-probabilities of the kept tokens of each prediction, where the vocabulary is large.

    Attributes:
        ids: kept token ids, ascending in each prediction, (..., m) int32.
        log_probs: their log-probabilities, (..., m), float32 or float64; NaN throughout where a learner diverged.
        vocabulary: number V of tokens, V > m.
    """

    ids: NDArray[np.int32]
    log_probs: NDArray[np.float32]
    vocabulary: int

    def __post_init__(self) -> None:
        if self.ids.shape != self.log_probs.shape or not 1 <= self.ids.shape[-1] < self.vocabulary:
            raise SettingsError(
                f"kept tokens need one log-probability each and fewer tokens than the vocabulary; got ids "
                f"{self.ids.shape}, log-probabilities {self.log_probs.shape}, vocabulary {self.vocabulary}."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole predictions, (..., V)."""
        return (*self.ids.shape[:-1], self.vocabulary)

    @property
    def ndim(self) -> int:
        """Number of axes, that of the vocabulary included."""
        return self.ids.ndim

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: Any) -> "TopLogProbs":
        """Index the leading axes; the axis of the vocabulary stays whole."""
        ids, log_probs = self.ids[index], self.log_probs[index]
        if ids.ndim < 1 or ids.shape[-1] != self.ids.shape[-1]:
            raise SettingsError(f"only the leading axes of {self.shape} can be indexed; got {index!r}.")
        return TopLogProbs(ids, log_probs, self.vocabulary)

    def reshape(self, *leading: int) -> "TopLogProbs":
        """Return the same predictions with other leading axes."""
        shape = (*leading, self.ids.shape[-1])
        return TopLogProbs(self.ids.reshape(shape), self.log_probs.reshape(shape), self.vocabulary)

    def moveaxis(self, source: int, target: int) -> "TopLogProbs":
        """Return the same predictions with a leading axis moved, as `numpy.moveaxis`; both are counted from 0."""
        ids, log_probs = np.moveaxis(self.ids, source, target), np.moveaxis(self.log_probs, source, target)
        return TopLogProbs(np.ascontiguousarray(ids), np.ascontiguousarray(log_probs), self.vocabulary)

    def repeat(self, times: int, axis: int) -> "TopLogProbs":
        """Return each prediction `times` times along a leading axis."""
        ids, log_probs = np.repeat(self.ids, times, axis), np.repeat(self.log_probs, times, axis)
        return TopLogProbs(ids, log_probs, self.vocabulary)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the whole predictions (..., V), the rest spread evenly; large: for a few predictions at a time."""
        with np.errstate(divide="ignore"):
            each = np.log(self.rest() / (self.vocabulary - self.ids.shape[-1]))
        out = np.repeat(each[..., None], self.vocabulary, axis=-1)
        np.put_along_axis(out, self.ids.astype(np.int64), self.log_probs, axis=-1)
        return out.astype(dtype or self.log_probs.dtype)

    def rest(self) -> Floats:
        """Return the mass of the tokens that were not kept, (...), in [0, 1]."""
        return np.asarray(np.clip(1.0 - np.exp(self.log_probs.astype(np.float64)).sum(axis=-1), 0.0, 1.0))


LogProbs = NDArray[np.float32] | TopLogProbs
"""Predictions (..., V): see the module."""


def read_out(log_probs: torch.Tensor, labels: Ints) -> LogProbs:
    """Return the predictions of a batch as they are kept.

    Args:
        log_probs: (rows, V), float32 or float64.
        labels: token ids of labels, always kept.
    """
    size = log_probs.shape[-1]
    if size <= WHOLE:
        return np.asarray(log_probs.cpu().numpy())
    fixed = torch.from_numpy(np.unique(labels)).to(log_probs.device).expand(len(log_probs), -1)
    others = log_probs.scatter(1, fixed, -torch.inf)
    likeliest = torch.topk(torch.nan_to_num(others, nan=-torch.inf), KEPT, dim=-1).indices
    ids = torch.cat([fixed, likeliest], dim=1).sort(dim=-1).values
    kept = log_probs.gather(1, ids)
    return TopLogProbs(ids.to(torch.int32).cpu().numpy(), kept.cpu().numpy(), size)


def concatenated(parts: Sequence[LogProbs]) -> LogProbs:
    """Return predictions one after the other along the first axis."""
    whole = [part for part in parts if not isinstance(part, TopLogProbs)]
    if len(whole) == len(parts):
        return np.concatenate(whole)
    kept = [part for part in parts if isinstance(part, TopLogProbs)]
    if whole or len({part.vocabulary for part in kept}) > 1:
        raise SettingsError("predictions over different vocabularies cannot be put together.")
    ids, log_probs = (np.concatenate([getattr(part, name) for part in kept]) for name in ("ids", "log_probs"))
    return TopLogProbs(ids, log_probs, kept[0].vocabulary)


def stacked(parts: Sequence[LogProbs]) -> LogProbs:
    """Return predictions of the same shape along a new first axis."""
    whole = [one for one in parts if not isinstance(one, TopLogProbs)]
    if whole:
        return np.stack(whole)
    kept = [one for one in parts if isinstance(one, TopLogProbs)]
    ids, log_probs = np.stack([one.ids for one in kept]), np.stack([one.log_probs for one in kept])
    return TopLogProbs(ids, log_probs, kept[0].vocabulary)


def values_of(log_probs: LogProbs) -> NDArray[np.float32]:
    """Return the numbers that are held, (..., V) or (..., m): for asking whether they are finite."""
    return log_probs.log_probs if isinstance(log_probs, TopLogProbs) else log_probs


def aligned(parts: Sequence[TopLogProbs]) -> list[Floats]:
    """Write predictions of the same shape over common columns, each (..., u + 1), float64.

    Columns 0..u-1 are the tokens that any of the parts kept for this prediction, ascending (and, where another
    prediction has more of them, empty columns of probability 0); the last is the mass of all other tokens together. A
    token that a part did not keep has rest / (V - m) there.

    Raises:
        SettingsError: different shapes.
    """
    if len({part.shape for part in parts}) != 1:
        raise SettingsError(f"predictions need the same shape; got {', '.join(str(part.shape) for part in parts)}.")
    leading, size = parts[0].shape[:-1], parts[0].vocabulary
    flat = [part.reshape(-1) if part.ndim > 1 else part.reshape(1) for part in parts]
    ids = np.concatenate([part.ids for part in flat], axis=1)
    order = np.argsort(ids, axis=1, kind="stable")
    ordered = np.take_along_axis(ids, order, axis=1)
    new = np.concatenate([np.ones((len(ids), 1), bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    column = np.empty_like(order)
    np.put_along_axis(column, order, new.cumsum(axis=1) - 1, axis=1)
    union = new.sum(axis=1)
    columns, at, out = int(union.max(initial=1)), 0, []
    for part in flat:
        m = part.ids.shape[1]
        with np.errstate(divide="ignore"):
            each = np.log(part.rest() / (size - m))
            others = np.log(part.rest() * (size - union) / (size - m))
        dense = np.where(np.arange(columns) < union[:, None], each[:, None], -np.inf)
        np.put_along_axis(dense, column[:, at : at + m], part.log_probs.astype(np.float64), axis=1)
        out.append(np.concatenate([dense, others[:, None]], axis=1).reshape(*leading, columns + 1))
        at += m
    return out
