"""Quantities by layer: one number an episode and layer, and what they were measured with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.store.store import Arrays
from iclgd_core.studies.dai.fine_tuning import QUERIES, FineTuning
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

LOSSES = {"lm": "fine-tuning on the loss of all tokens", "labels": "fine-tuning on the loss of the labels"}
"""The losses of fine-tuning in words, for figures that differ in nothing else."""


@dataclass(frozen=True, eq=False)
class LayerStudy:
    """What was read in each layer.

    Attributes:
        values: by name, (episodes, layers), each the mean over queries (and heads).
        model, task: on what.
        how: the fine-tuning; None where nothing is trained.
        others: whatever else was fixed beforehand.
        lines: names that the figure shows, each with learner and label; empty for all.
        quantity: what the figure's y axis is.
        facet: what tells the figure from others of the same quantity; empty if there is one.
        apart: quantities of lines that are of another one, by name; each stands on axes of its own.
    """

    values: Mapping[str, Floats]
    model: str
    task: str
    how: FineTuning | None
    others: Mapping[str, Json] = field(default_factory=dict)
    lines: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    quantity: str = ""
    facet: str = ""
    apart: Mapping[str, str] = field(default_factory=dict)

    def mean(self, name: str, first: int = 0) -> Floats:
        """Return the mean over layers of one quantity, as the paper averages, (episodes,); from layer `first` on."""
        return np.asarray(self.values[name][:, first:].mean(axis=1))

    def shown(
        self,
        quantity: str,
        lines: Mapping[str, tuple[str, str]],
        facet: str = "",
        apart: Mapping[str, str] = MappingProxyType({}),
    ) -> "LayerStudy":
        """Return the same study with another figure; lines of another quantity, by name, stand `apart`."""
        return replace(self, lines=lines, quantity=quantity, facet=facet, apart=apart)

    def curves(self) -> tuple[Curve, ...]:
        """Return the shown quantities by layer, counted from 1; one without the first layers ends with them."""
        last = max(x.shape[1] for x in self.values.values())
        return tuple(
            Curve(
                self.apart.get(name, self.quantity),
                learner,
                label,
                "layer",
                tuple(sampled(last - i, column) for i, column in enumerate(self.values[name].T[::-1]))[::-1],
                self.facet,
            )
            for name, (learner, label) in self.lines.items()
        )

    def tuning(self) -> dict[str, Json]:
        """Return how the learning rate was chosen."""
        return {} if self.how is None else self.how.setting.protocol | {"not_training_is_a_choice": False}

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        fixed: dict[str, Json] = {"demonstrations": SHOTS, **self.others}
        if self.how is not None:
            fixed |= {"objective": self.how.objective, "part": self.how.part, "optimizer": self.how.optimizer}
        return fixed

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study: means over episodes, of all layers and of each."""
        details: dict[str, Json] = {
            "means": {name: float(x.mean()) for name, x in self.values.items()},
            "by_layer": {name: x.mean(axis=0).tolist() for name, x in self.values.items()},
        }
        if self.how is not None:
            table = self.how.setting.table
            details |= {
                "learning_rate": self.how.rate,
                "tuning_accuracy": {rate: dict(row) for rate, row in table.items()},
            }
        return details


def layers_read(
    lab: Lab, how: FineTuning, arrays: Arrays, lines: Mapping[str, tuple[str, str]], quantity: str, facet: str = ""
) -> LayerStudy:
    """Return the study of arrays (episodes, layers) that were read on the first QUERIES queries of each episode."""
    values = {name: array.astype(np.float64) for name, array in arrays.items()}
    return LayerStudy(values, lab.model.name, lab.task.name, how, {"queries_read": QUERIES}, lines, quantity, facet)
