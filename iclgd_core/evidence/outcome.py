"""Outcome: what a decision rule found, before the correction for multiplicity turns it into a verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iclgd_core.evidence.interval import Interval, Inversion

Ends = tuple[float | None, float | None]
"""An interval as plain data: an end is None where it is infinite."""


@dataclass(frozen=True)
class Outcome:
    """Result of one decision rule on one sub-claim.

    Statistical rules fill `p_supported` and `p_refuted`; deterministic ones (no sampling) fill `holds`.

    Attributes:
        quantity: what was estimated, in words.
        rule: how the verdict is reached, in a sentence.
        estimate: point estimate; None if undefined.
        interval: 95% interval of `estimate`, whatever was tested, or the range of the values where nothing was sampled;
            `method` says which.
        threshold: the value, fixed beforehand, that the estimate is held against.
        n: how many units.
        unit: the unit of inference, "episode" wherever something was sampled.
        method: how interval and p-values were made.
        p_supported: p-value of the test whose rejection supports the claim.
        p_refuted: p-value of the test whose rejection refutes it.
        holds: for deterministic rules, whether the statement is true.
        undefined: why there can be no verdict; empty if there can.
        planned: number of units that detects the stated minimum effect with power 0.9; for planning.
        needed: number of units that would settle an inconclusive outcome with power 0.9, if the estimate stays as it
            is; more than n. None where none can be named, and for any other verdict (see `correction`).
        sd: standard deviation over units (ddof 1); None where nothing was sampled.
        minimum_effect: distance of the true effect from the threshold that is worth detecting.
        distance: distance of the estimate from the nearest threshold.
        kind: the rule by name: "greater", "equivalent", "below", "above"; "every ..." where members are joined.
        margin: the number in the claim's file that the rule has; None where members have bounds of their own.
        members: how many members were joined.
        values: one number a unit, whose mean is the estimate; only until it is recorded, and empty for other rules.
        inversion: what the tests reject at any level; only until `stats.deciding.ends_at_every_step` has asked it.
        ends: deciding interval and its level at each step that Holm's correction can still come to; only until then.
        deciding_interval: the interval that decides (see `deciding`): what is drawn and printed; None where nothing was
            sampled, or before the whole family is known.
        deciding_level: level of each of its two one-sided ends.
    """

    quantity: str
    rule: str
    estimate: float | None
    interval: tuple[float, float] | None
    threshold: float
    n: int
    unit: str = "episode"
    method: str = ""
    p_supported: float | None = None
    p_refuted: float | None = None
    holds: bool | None = None
    undefined: str = ""
    planned: int | None = None
    needed: int | None = None
    sd: float | None = None
    minimum_effect: float | None = None
    distance: float | None = None
    kind: str = ""
    margin: float | None = None
    members: int = 1
    values: tuple[float, ...] = field(default=(), repr=False, compare=False)
    inversion: Inversion | None = field(default=None, repr=False, compare=False)
    ends: tuple[tuple[float, Ends], ...] = field(default=(), repr=False, compare=False)
    deciding_interval: Ends | None = None
    deciding_level: float | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Outcome":
        """Read what `dataclasses.asdict` or JSON made of one; TypeError if it is of another form."""
        pairs = {name: record.get(name) for name in ("interval", "deciding_interval")}
        tuples = {name: None if pair is None else (pair[0], pair[1]) for name, pair in pairs.items()}
        ends = tuple((level, (low, high)) for level, (low, high) in record.get("ends", ()))
        return cls(**{**record, **tuples, "values": tuple(record.get("values", ())), "ends": ends})

    @property
    def leans_to_refuted(self) -> bool:
        """Whether the refuting test has the smaller p-value, so that its level decides."""
        return self.p_supported is not None and self.p_refuted is not None and self.p_refuted < self.p_supported

    @property
    def shown_interval(self) -> Interval | None:
        """The interval to be drawn and printed beside the estimate; an end may be infinite.

        Where a test decides, it is the interval that decides. A rule without sampling has none: its estimate is exact.
        Where nothing is decided (no verdict, or a family that is not known) it is the 95% interval.
        """
        if self.holds is not None:
            return None
        if self.deciding_interval is None:
            return self.interval
        low, high = self.deciding_interval
        return (-math.inf if low is None else low, math.inf if high is None else high)

    @classmethod
    def without_verdict(cls, quantity: str, rule: str, threshold: float, n: int, why: str) -> "Outcome":
        """Return the outcome of data from which the quantity is undefined."""
        return cls(quantity, rule, None, None, threshold, n, undefined=why)

    def named(self, quantity: str) -> "Outcome":
        """Return the same outcome with the quantity in the claim's own words."""
        return replace(self, quantity=quantity)

    def unless(self, why: str) -> "Outcome":
        """Return the same numbers without a verdict where there is a reason against one; else the outcome itself."""
        if not why:
            return self
        return replace(self, p_supported=None, p_refuted=None, holds=None, planned=None, undefined=why, inversion=None)

    def unless_supported(self, why: str) -> "Outcome":
        """Return the same without a verdict where there is a reason against `supported`, and it leans to that."""
        return self if self.leans_to_refuted else self.unless(why)

    def unless_refuted(self, why: str) -> "Outcome":
        """Return the same without a verdict where there is a reason against `refuted`, and it leans to that."""
        return self.unless(why) if self.leans_to_refuted else self
