"""Quantities by layer: the study of one number an episode and layer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS
from iclgd_core.lab.store.store import Arrays
from iclgd_core.studies.dai.fine_tuning import FineTuning
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

LOSSES = {"lm": "fine-tuning on the loss of all tokens", "labels": "fine-tuning on the loss of the labels"}
"""The losses of fine-tuning in words, for figures that differ in nothing else."""


@dataclass(frozen=True)
class LayerFigure:
    """What a figure by layer shows.

    Attributes:
        quantity: what its y axis is.
        lines: names of what it shows, each with learner and label.
        facet: what tells it from others of the same quantity; empty if there is one.
        apart: quantities of lines that are of another one, by name; each stands on axes of its own.
    """

    quantity: str
    lines: Mapping[str, tuple[str, str]]
    facet: str = ""
    apart: Mapping[str, str] = field(default_factory=dict)


def layer_study(
    arrays: Arrays, how: FineTuning | None = None, figure: LayerFigure | None = None, first: int = 0, **fixed: Json
) -> Study:
    """Return the study of what was read in each layer: its numbers are means over layers, as the paper averages.

    Args:
        arrays: by name, (episodes, layers), each the mean over queries (and heads); one may lack the first layers.
        how: the fine-tuning; None where nothing is trained.
        figure: what is drawn; None for nothing.
        first: the layer, from 0, from which on the numbers average; details and figure have every layer.
        fixed: whatever else was fixed beforehand.
    """
    values = {name: array.astype(np.float64) for name, array in arrays.items()}
    last = max(x.shape[1] for x in values.values())
    details: dict[str, Json] = {
        "means": {name: float(x.mean()) for name, x in values.items()},
        "by_layer": {name: x.mean(axis=0).tolist() for name, x in values.items()},
    }
    return Study(
        numbers={name: x[:, max(0, first + x.shape[1] - last) :].mean(axis=1) for name, x in values.items()},
        details=details if how is None else details | how.chosen,
        fixed={"demonstrations": SHOTS, **fixed} | ({} if how is None else how.settings),
        tuning={} if how is None else how.protocol,
        curves=() if figure is None else _curves(values, figure, last),
    )


def _curves(values: Mapping[str, Floats], figure: LayerFigure, last: int) -> tuple[Curve, ...]:
    """Return what is shown by layer, counted from 1; what lacks the first layers ends with the last."""
    return tuple(
        Curve(
            figure.apart.get(name, figure.quantity),
            learner,
            label,
            "layer",
            tuple(sampled(last - i, column) for i, column in enumerate(values[name].T[::-1]))[::-1],
            figure.facet,
        )
        for name, (learner, label) in figure.lines.items()
    )
