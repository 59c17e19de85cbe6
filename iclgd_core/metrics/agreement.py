"""The agreement metrics by name: each is registered where it is defined."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from iclgd_core.metrics.predictions import Floats, Predictions

Agreement = Callable[[Predictions, Predictions], Floats]
A = TypeVar("A", bound=Callable[..., Floats])


@dataclass(frozen=True)
class Registered:
    """An agreement metric.

    Attributes:
        measure: of two next-token distributions, in [0, 1], 1 for equal ones.
        label: its name in the calibration's table.
    """

    measure: Agreement
    label: str


_REGISTERED: dict[str, Registered] = {}


def agreement(name: str, label: str) -> Callable[[A], A]:
    """Register a metric as an agreement: what claims and reports call it, and its name in the calibration's table."""

    def register(metric: A) -> A:
        _REGISTERED[name] = Registered(metric, label)
        return metric

    return register


def agreements() -> Mapping[str, Registered]:
    """Return the agreement metrics by name, Token Overlap first, in the order that reports have always had."""
    return dict(sorted(_REGISTERED.items(), reverse=True))
