"""Outcome: what a decision rule found, before the correction for multiplicity turns it into a verdict."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Outcome:
    """Result of one decision rule on one sub-claim.

    Statistical rules fill `p_supported` and `p_refuted`; deterministic ones (no sampling) fill `holds`.

    Attributes:
        quantity: what was estimated, in words.
        rule: how the verdict is reached, in a sentence.
        estimate: point estimate; None if undefined.
        interval: interval of `estimate`; `method` says of which kind.
        threshold: the value, fixed beforehand, that the estimate is held against.
        n: how many units.
        unit: the unit of inference, "episode" wherever something was sampled.
        method: how interval and p-values were made.
        p_supported: p-value of the test whose rejection supports the claim.
        p_refuted: p-value of the test whose rejection refutes it.
        holds: for deterministic rules, whether the statement is true.
        undefined: why there can be no verdict; empty if there can.
        needed: number of units that detects the stated minimum effect with power 0.9; for planning.
        sd: standard deviation over units (ddof 1); None where nothing was sampled.
        minimum_effect: distance of the true effect from the threshold that is worth detecting.
        distance: distance of the estimate from the nearest threshold.
        kind: the rule by name: "greater", "equivalent", "below", "above"; "every ..." where members are joined.
        margin: the number in the claim's file that the rule has; None where members have bounds of their own.
        members: how many members were joined.
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
    needed: int | None = None
    sd: float | None = None
    minimum_effect: float | None = None
    distance: float | None = None
    kind: str = ""
    margin: float | None = None
    members: int = 1

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
        return replace(self, p_supported=None, p_refuted=None, holds=None, needed=None, undefined=why)
