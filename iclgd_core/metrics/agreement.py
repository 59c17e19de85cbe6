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
        top_k: of how many likeliest tokens it is; None for the whole vocabulary. Goes into the hash of rules.
    """

    measure: Agreement
    label: str
    top_k: int | None = None


_REGISTERED: dict[str, Registered] = {}


def agreement(name: str, label: str, top_k: int | None = None) -> Callable[[A], A]:
    """Register a metric as an agreement: what claims and reports call it, and the fields of `Registered`."""

    def register(metric: A) -> A:
        _REGISTERED[name] = Registered(metric, label, top_k)
        return metric

    return register


def agreements() -> Mapping[str, Registered]:
    """Return the agreement metrics by name, Token Overlap first, in the order that reports have always had."""
    return dict(sorted(_REGISTERED.items(), reverse=True))
