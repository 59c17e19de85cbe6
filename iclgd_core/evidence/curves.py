"""Curves: the numbers behind a figure, as a claim's study hands them to a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PART_NAMES = {
    "whole": "whole model",
    "v_middle": "W_V of a middle layer",
    "v_deep": "W_V of a deep layer",
    "kv": "keys and values of all layers",
}
"""What GD trains, in words; the first three are the columns of figure 5 of arXiv 2310.08540."""

ORDER_SENSITIVITY = "order sensitivity (probability, summed over the vocabulary)"


def accuracy_of(scope: str) -> str:
    """Return the quantity of an accuracy over the "vocabulary" or the "labels", with its unit."""
    return f"accuracy over the {scope} (share of queries)"


def agreement_in(agreement: str) -> str:
    """Return the quantity of an agreement with ICL, with its range."""
    return f"agreement with ICL, {agreement} (0 to 1)"


def sparsity_of(matrix: str) -> str:
    """Return the quantity of a sparsity ratio."""
    return f"share of weights below the threshold, {matrix}"


@dataclass(frozen=True)
class Point:
    """One point of a curve.

    Attributes:
        x: where; None where the value holds at every x (floor, ceiling, a bound).
        y: the estimate.
        low, high: its 95% interval; None where nothing was sampled, or where the source gives none.
        n: number of units; None where nothing was sampled.
    """

    x: float | None
    y: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class Curve:
    """One quantity of one learner along one axis.

    Attributes:
        quantity: what stands on the y axis, with its unit; curves of one quantity share a panel.
        learner: whose curve it is: "icl", "zero-shot", "gd", "sgd1", "adam1", ... ; decides the colour.
        label: the words beside the curve.
        x_label: what stands on the x axis, with its unit.
        points: in ascending x, or one point whose x is None.
        facet: the column of the panel in a grid, for example the part that GD trains; empty if there is one.
        x_log: whether the x axis is logarithmic.
        source: empty for what was measured in this run; else the paper, the place and the model.
    """

    quantity: str
    learner: str
    label: str
    x_label: str
    points: tuple[Point, ...]
    facet: str = ""
    x_log: bool = False
    source: str = ""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Curve":
        """Read what `dataclasses.asdict` made; TypeError or KeyError if it is of another form."""
        points = tuple(Point(**point) for point in record["points"])
        return cls(**{**record, "points": points})
