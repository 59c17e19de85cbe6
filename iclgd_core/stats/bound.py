"""Deterministic rules: every value below, or above, its bound. Nothing is sampled, so there is no p-value."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import SupportsFloat

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.outcome import Outcome


def below(
    values: Mapping[str, SupportsFloat], bound: Mapping[str, float] | float, *, quantity: str, unit: str
) -> Outcome:
    """Judge the statement that every value is below (strictly) its bound.

    Slack of a member = bound - value. The estimate and the threshold are value and bound of the member with
    the smallest slack, which decides; the interval is the range (min, max) of the values, as `method` says.

    Args:
        values: by name of the member, for example a layer.
        bound: one for all, or one for each member, by the same names.
        quantity: what the values are, in words.
        unit: what a member is, in the singular, for example "matrix".

    Returns:
        The outcome with `holds`; without a verdict where a value is NaN or infinite, and the reason names it.

    Raises:
        SettingsError: no value, a bound that is not finite, or bounds for other members than the values.

    >>> below({"layer 1": 0.1, "layer 2": 0.3}, 0.5, quantity="share of zeros", unit="layer").estimate
    0.3
    """
    return _judge({k: float(x) for k, x in values.items()}, bound, quantity, unit, sense=1.0, word="<")


def above(
    values: Mapping[str, SupportsFloat], bound: Mapping[str, float] | float, *, quantity: str, unit: str
) -> Outcome:
    """Judge the statement that every value is above (strictly) its bound; otherwise as `below`.

    >>> above({"layer 1": 0.1, "layer 2": 0.3}, 0.2, quantity="share of zeros", unit="layer").holds
    False
    """
    return _judge({k: float(x) for k, x in values.items()}, bound, quantity, unit, sense=-1.0, word=">")


def _judge(
    values: Mapping[str, float],
    bound: Mapping[str, float] | float,
    quantity: str,
    unit: str,
    sense: float,
    word: str,
) -> Outcome:
    if not values:
        raise SettingsError(f"{quantity}: a bound needs at least one value to hold against it.")
    bounds = dict(bound) if isinstance(bound, Mapping) else dict.fromkeys(values, float(bound))
    if bounds.keys() != values.keys():
        odd = ", ".join(sorted(bounds.keys() ^ values.keys()))
        raise SettingsError(f"{quantity}: values and bounds need the same names; only one side has {odd}.")
    for name, limit in bounds.items():
        if not math.isfinite(limit):
            raise SettingsError(f"{quantity}: the bound of {name!r} must be finite; got {limit!r}.")
    limits = set(bounds.values())
    kind, margin = ("below" if sense > 0 else "above"), None if isinstance(bound, Mapping) else float(bound)
    rule = f"every value {word} " + (f"{limits.pop():g}" if len(limits) == 1 else "its own bound")
    for name, value in values.items():
        if not math.isfinite(value):
            why = f"the value of {name} is {value}"
            blank = Outcome.without_verdict(quantity, rule, float(bounds[name]), len(values), why)
            return replace(blank, unit=unit, kind=kind, margin=margin)
    slack = {name: sense * (float(bounds[name]) - value) for name, value in values.items()}
    tightest = min(slack, key=lambda name: (slack[name], -sense * values[name]))
    return Outcome(
        quantity=quantity,
        rule=rule,
        estimate=values[tightest],
        interval=(min(values.values()), max(values.values())),
        threshold=float(bounds[tightest]),
        n=len(values),
        unit=unit,
        method=f"range over {len(values)}, not an interval; estimate and threshold are those of {tightest}",
        holds=slack[tightest] > 0.0,
        kind=kind,
        margin=margin,
    )
