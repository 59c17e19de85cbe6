"""A study whose numbers are few: what was found, what was fixed beforehand, how settings were chosen."""

from dataclasses import dataclass, field

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json


@dataclass(frozen=True, eq=False)
class Found:
    """Numbers of one measurement, as `iclgd_core.evidence.study.Study` wants them.

    Attributes:
        numbers: what was found, by name.
        settings: what was fixed beforehand; goes into the hash of the rule.
        choices: how settings were chosen; empty if nothing was.
    """

    numbers: dict[str, Json] = field(default_factory=dict)
    settings: dict[str, Json] = field(default_factory=dict)
    choices: dict[str, Json] = field(default_factory=dict)

    def details(self) -> dict[str, Json]:
        """Return the numbers."""
        return self.numbers

    def curves(self) -> tuple[Curve, ...]:
        """Return no curve."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how settings were chosen."""
        return self.choices

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return self.settings
