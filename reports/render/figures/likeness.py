"""Which effects may stand on one axis: those of one quantity, under whatever settings."""

import re
from collections.abc import Iterable

from iclgd_core.evidence.record import Evidence

MEASURES = ("agreement", "gap", "metric", "reading", "reported", "what")
"""Parameters of sub-claims whose values are quantities, not settings under which one quantity is measured."""

SETTING = "…"
"""What stands in the name of a quantity for the setting, in which alone its sub-claims differ."""


def quantity_of(item: Evidence) -> str:
    """Return the quantity of a sub-claim's effect, without the settings that are its parameters.

    Effects with equal quantities may be compared by eye, in length and in place: the accuracies with 1 and with 8
    demonstrations, not an accuracy and a perplexity.
    """
    quantity = "" if item.outcome is None else item.outcome.quantity
    settings = [value for name, value in item.params.items() if name not in MEASURES and value]
    for value in sorted(settings, key=len, reverse=True):
        quantity = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", SETTING, quantity)
    return quantity


def alike(items: Iterable[Evidence]) -> list[tuple[str, list[Evidence]]]:
    """Return the sub-claims that have an outcome, by quantity, in order of first appearance.

    A quantity whose sub-claims all name it alike keeps its settings in its name.
    """
    found: dict[str, list[Evidence]] = {}
    for item in items:
        if item.outcome is not None:
            found.setdefault(quantity_of(item), []).append(item)
    return [(_name(group) or name, group) for name, group in found.items()]


def _name(group: list[Evidence]) -> str:
    """Return the quantity as its only sub-claim has it, or as all of them have it; else nothing."""
    names = {item.outcome.quantity for item in group if item.outcome is not None}
    return names.pop() if len(names) == 1 else ""
