"""What a claim measured, and how its test ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Study:
    """What a claim measured, besides the outcome of its rule: `study["icl"]` is an array that a rule is applied to.

    Attributes:
        numbers: by name, one number an episode each (or whatever the unit of the rule is); where names are the units,
            as of layers that are each held against a bound, one number each.
        details: the numbers behind the outcome, for reports.
        fixed: what was fixed beforehand, but for the tuning: thresholds, epochs, orders, K, ...; goes into the hash of
            the rule.
        tuning: how settings were chosen: split, episodes, choices, criterion; empty if nothing was. Hashed likewise.
        curves: the numbers of its figures.
        undefined: why nothing can be judged here; empty where it can.
        edge: why a better setting may lie beyond those that were tried, so that nothing can be said of what the best
            cannot do; empty where the best lies inside.
    """

    numbers: Mapping[str, Floats] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)
    fixed: Mapping[str, Json] = field(default_factory=dict)
    tuning: Mapping[str, Json] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    undefined: str = ""
    edge: str = ""

    def __getitem__(self, name: str) -> Floats:
        """Return the numbers of that name; KeyError, which names those that there are, if there are none."""
        if name not in self.numbers:
            raise KeyError(f"{name!r}: a study of {', '.join(sorted(self.numbers)) or 'no numbers'}")
        return self.numbers[name]


class Judge(Protocol):
    """How a claim test ends: `judge(outcome)` or `judge(outcome, study)`, once; the numbers go to the report."""

    def __call__(
        self,
        outcome: Outcome,
        study: Study | None = None,
        /,
        paper: Sequence[Curve] = (),
        **details: Json,
    ) -> None:
        """Record the outcome, the study behind it, the paper's own curves, and further numbers."""
