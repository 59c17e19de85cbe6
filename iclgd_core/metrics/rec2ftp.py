"""Rec2FTP: how many of the predictions that fine-tuning put right ICL puts right too, and its chance level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rec2Ftp:
    """Counts by episode, from which Rec2FTP and its chance level follow.

    Attributes:
        flipped: queries that zero-shot has wrong and fine-tuning right, (episodes,).
        both: those of them that ICL has right.
        expected: how many of them ICL would have right by chance: flipped * (ICL's accuracy on the queries of the
            same episode that zero-shot has wrong); what both would be on average if the flipped ones were drawn among
            these at random.
    """

    flipped: Floats
    both: Floats
    expected: Floats

    @property
    def value(self) -> float | None:
        """Rec2FTP = sum both / sum flipped, in [0, 1], higher is nearer; None where nothing was flipped."""
        return _ratio(self.both, self.flipped)

    @property
    def chance(self) -> float | None:
        """Chance level of `value`: sum expected / sum flipped; None where nothing was flipped."""
        return _ratio(self.expected, self.flipped)


def rec2ftp(zero_shot: ArrayLike, fine_tuned: ArrayLike, icl: ArrayLike) -> Rec2Ftp:
    """Count the recall of ICL to fine-tuning's predictions.

        Rec2FTP = #( ZS wrong, FT right, ICL right ) / #( ZS wrong, FT right )

    Alone it says little: ICL of accuracy a on what zero-shot has wrong reaches a without any relation to fine-tuning.

    Args:
        zero_shot: whether each prediction is right, 0 or 1, (episodes, queries).
        fine_tuned: of the same shape.
        icl: of the same shape.

    Raises:
        SettingsError: different shapes, not two-dimensional, or values other than 0 and 1.

    Source: arXiv 2212.10559, section 4 (a percentage there); the chance level is ours.

    >>> found = rec2ftp([[0, 0, 0, 1]], [[1, 1, 0, 1]], [[1, 0, 0, 1]])
    >>> found.value, round(found.chance, 3)
    (0.5, 0.333)
    """
    none, tuned, prompted = (_right(x, name) for x, name in ((zero_shot, "zero_shot"), (fine_tuned, "fine_tuned"),
                                                               (icl, "icl")))  # fmt: skip
    if not none.shape == tuned.shape == prompted.shape:
        raise SettingsError(f"Rec2FTP needs one shape; got {none.shape}, {tuned.shape} and {prompted.shape}.")
    wrong = ~none
    flipped = (wrong & tuned).sum(axis=1).astype(np.float64)
    hits = (wrong & prompted).sum(axis=1)
    expected = flipped * hits / np.maximum(wrong.sum(axis=1), 1)
    return Rec2Ftp(flipped, (wrong & tuned & prompted).sum(axis=1).astype(np.float64), expected)


def _right(x: ArrayLike, name: str) -> NDArray[np.bool_]:
    out = np.asarray(x)
    if out.ndim != 2 or not np.isin(out, (0, 1)).all():
        raise SettingsError(f"{name} must be 0 or 1, (episodes, queries); got shape {out.shape}: {out!r:.80}.")
    return out.astype(np.bool_)


def _ratio(part: Floats, whole: Floats) -> float | None:
    return float(part.sum() / whole.sum()) if whole.sum() > 0.0 else None
