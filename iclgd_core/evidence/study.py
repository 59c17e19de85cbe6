"""What a claim measured, and how its test ends."""

from collections.abc import Sequence
from typing import Protocol

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json


class Study(Protocol):
    """What a claim measured, besides the outcome of its rule."""

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the outcome, by name."""

    def curves(self) -> tuple[Curve, ...]:
        """Return the numbers of its figures."""

    def tuning(self) -> dict[str, Json]:
        """Return how settings were chosen: split, episodes, choices, criterion; empty if nothing was."""

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand: thresholds, epochs, orders, K, ...; goes into the hash of the rule."""


class Judge(Protocol):
    """How a claim test ends: `judge(outcome)` or `judge(outcome, study)`, once; the numbers go to the report."""

    def __call__(
        self, outcome: Outcome, study: Study | None = None, /, paper: Sequence[Curve] = (), **details: Json
    ) -> None:
        """Record the outcome, the study behind it, the paper's own curves, and further numbers."""
