"""The design of a claim: the rule that it uses, and what it was planned with, as the claim's file says it."""

from dataclasses import dataclass

from iclgd_core.errors import SettingsError

KINDS = ("greater", "every greater", "equivalent")
"""The decision rules that can be calibrated, as in Outcome.kind."""

TUNING = (
    "24 tuning episodes of each built-in model that learns in context, by `pytest claims --iclgd-plan`; the largest"
)
"""Where the spreads of the suite's claims were measured; no evaluation episode enters."""


@dataclass(frozen=True)
class Design:
    """A decision rule as some or all sub-claims of a claim use it, at whatever size a tier gives it.

    Attributes:
        kind: one of KINDS.
        margin: the rule's margin.
        minimum_effect: distance of the truth from the margin that is to be detected; None where none is stated.
        episodes: which number of episodes, by its name in `iclgd_core.lab.tiers.Tier`.
        spread: standard deviation over episodes to plan with, the largest among these sub-claims; None: not known.
        measured: where the spread was measured.
        which: these sub-claims, as the design's name has them after the claim's id; empty for all.
        schedule: the tier's learning schedule at whose every readout "every greater" must hold; empty for other kinds.
        sampled: sub-claims of the family that have a p-value at all; the others are deterministic. None: all.
    """

    kind: str
    margin: float
    minimum_effect: float | None
    episodes: str
    spread: float | None = None
    measured: str = ""
    which: str = ""
    schedule: str = ""
    sampled: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be calibrated, where it is stated.

        Raises:
            SettingsError: an unknown kind, a schedule too many or too few, or a spread that comes from nowhere.
        """
        if self.kind not in KINDS:
            raise SettingsError(f"rule {self.kind!r} cannot be calibrated. Known: {', '.join(KINDS)}.")
        if (self.kind == "every greater") != bool(self.schedule):
            raise SettingsError(f"a design with rule {self.kind!r} has schedule {self.schedule!r}; "
                                "'every greater' needs one, and no other rule has any.")  # fmt: skip
        if self.spread is not None and not self.measured:
            raise SettingsError(f"a design's spread is {self.spread!r}; say where it was measured.")
