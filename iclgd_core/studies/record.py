"""What a regression claim measured, as reports take it: see `iclgd_core.evidence.study.Study`."""

from dataclasses import dataclass, field

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json


@dataclass(frozen=True)
class Record:
    """Numbers, figures and settings of one study.

    Attributes:
        numbers: what was found, by name.
        settings: what was fixed beforehand; goes into the hash of the rule.
        choices: how settings were chosen: split, episodes, choices, criterion; empty if nothing was.
        drawn: the numbers of its figures.
    """

    numbers: dict[str, Json]
    settings: dict[str, Json]
    choices: dict[str, Json] = field(default_factory=dict)
    drawn: tuple[Curve, ...] = ()

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the outcome."""
        return dict(self.numbers)

    def curves(self) -> tuple[Curve, ...]:
        """Return the numbers of its figures."""
        return self.drawn

    def tuning(self) -> dict[str, Json]:
        """Return how settings were chosen."""
        return dict(self.choices)

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return dict(self.settings)
