"""Accuracy of ICL along demonstrations, example length and model size (arXiv 2111.02080, section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, accuracy_of
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct
from iclgd_core.stats import slopes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

NUMBERS = (0, 1, 4, 8, 16)
"""Numbers of demonstrations; 16 examples of 10 symbols and a query fit the context of every embedded model."""

FEWEST_SIZES = 4


@dataclass(frozen=True, eq=False)
class AccuracyTrend:
    """Accuracy over the whole vocabulary along an axis, one row an episode (mean over its queries).

    Attributes:
        axis: what the settings are, in words.
        settings: their values, (settings,), ascending.
        accuracy: (episodes, settings), in [0, 1].
        slope: of accuracy a unit of `x_of_slope`, by least squares, (episodes,).
        per: that unit, in words.
        reference: accuracy without demonstrations at the same settings, where that differs; else None.
        names: what each setting is called; empty for its value.
        logarithmic: whether the axis of a figure is.
        protocol: what else was fixed beforehand.
    """

    axis: str
    settings: Floats
    accuracy: Floats
    slope: Floats
    per: str
    reference: Floats | None = None
    names: tuple[str, ...] = ()
    logarithmic: bool = False
    protocol: dict[str, Json] = field(default_factory=dict)

    def at(self, setting: float) -> Floats:
        """Return the accuracy at one setting, (episodes,)."""
        return np.asarray(self.accuracy[:, self.settings.tolist().index(setting)])

    def curves(self) -> tuple[Curve, ...]:
        """Return accuracy along the axis."""
        found = [self._curve("icl", "ICL", self.accuracy)]
        if self.reference is not None:
            found.append(self._curve("zero-shot", "zero-shot", self.reference))
        return tuple(found)

    def _curve(self, learner: str, label: str, values: Floats) -> Curve:
        points = tuple(sampled(x, values[:, i]) for i, x in enumerate(self.settings))
        return Curve(accuracy_of("vocabulary"), learner, label, self.axis, points, x_log=self.logarithmic)

    def tuning(self) -> dict[str, Json]:
        """Return nothing: ICL has no settings to choose."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"axis": self.axis, "slope_per": self.per, **self.protocol}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        names = self.names or tuple(f"{x:g}" for x in self.settings)
        means = self.accuracy.mean(0)
        found: dict[str, Json] = {"accuracy": {name: float(m) for name, m in zip(names, means, strict=True)}}
        if self.reference is not None:
            without = self.reference.mean(0)
            found["zero_shot_accuracy"] = {name: float(m) for name, m in zip(names, without, strict=True)}
        return found


def icl_accuracy(lab: Lab, shots: int, n: int, shared: bool = False) -> Floats:
    """Return the accuracy with so many demonstrations, one number an episode, of the first n evaluation episodes.

    Args:
        lab: the laboratory.
        shots: demonstrations.
        n: episodes.
        shared: whether the precondition (`Lab.no_icl`) is asked of this laboratory as well: then what it needs, 0 and 8
            demonstrations, is measured on its episodes, of which these are the first, and so only once.
    """
    n = lab.count(n=n)
    measured = max(n, lab.count()) if shared and shots in (0, SHOTS) else n
    answers = lab.answers("evaluation", measured)
    return np.asarray(correct(lab.in_context(shots, n=measured)[:, 0], answers).mean(-1))[:n]


def by_demonstrations(lab: Lab, n: int, numbers: Sequence[int] = NUMBERS) -> AccuracyTrend:
    """Measure accuracy by number of demonstrations; the slope is per doubling of 1 + that number."""
    x = np.array(numbers, dtype=np.float64)
    accuracy = np.stack([icl_accuracy(lab, shots, n, shared=True) for shots in numbers], axis=1)
    return AccuracyTrend(
        axis="demonstrations",
        settings=x,
        accuracy=accuracy,
        slope=slopes(np.log2(1.0 + x), accuracy),
        per="doubling of 1 + demonstrations",
        protocol={"demonstrations": list(numbers)},
    )


def by_length(labs: Sequence[Lab], lengths: Sequence[int], n: int, shared: Sequence[int] = ()) -> AccuracyTrend:
    """Measure accuracy with 8 demonstrations by length of the examples.

    Episodes of different lengths are other draws; a row joins the i-th of each, so that rows are independent.

    Args:
        labs: one model on GINC prompts of each length.
        lengths: symbols an example, the label included.
        n: episodes.
        shared: lengths at which other claims ask for the precondition (see `icl_accuracy`).
    """
    x = np.array(lengths, dtype=np.float64)
    accuracy, none = (
        np.stack([icl_accuracy(lab, shots, n, k in shared) for lab, k in zip(labs, lengths, strict=True)], axis=1)
        for shots in (SHOTS, 0)
    )
    return AccuracyTrend(
        axis="symbols an example (k)",
        settings=x,
        accuracy=accuracy,
        slope=slopes(x, accuracy),
        per="symbol",
        reference=none,
        protocol={"demonstrations": SHOTS, "lengths": list(lengths)},
    )


def by_size(labs: Sequence[Lab], n: int) -> AccuracyTrend:
    """Measure accuracy with 8 demonstrations by number of weights, on the same episodes; the slope is per decade.

    Raises:
        NotRunError: fewer than four sizes.
    """
    x = np.array([float(lab.model.n_parameters) for lab in labs])
    if len(set(x)) < FEWEST_SIZES:
        raise NotRunError(
            f"a trend over sizes needs at least {FEWEST_SIZES} sizes; {len(set(x))} were given. "
            "Give more with --iclgd-model."
        )
    accuracy, none = (
        np.stack([icl_accuracy(lab, shots, n, shared=True) for lab in labs], axis=1) for shots in (SHOTS, 0)
    )
    return AccuracyTrend(
        axis="weights of the model",
        settings=x,
        accuracy=accuracy,
        slope=slopes(np.log10(x), accuracy),
        per="decade of weights",
        reference=none,
        names=tuple(lab.model.name for lab in labs),
        logarithmic=True,
        protocol={"demonstrations": SHOTS, "fewest_sizes": FEWEST_SIZES},
    )
