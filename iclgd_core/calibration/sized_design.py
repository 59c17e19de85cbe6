"""What a decision rule is used with: the fixed side of a claim, without its data."""

from dataclasses import dataclass

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.design import KINDS, Design
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import Schedule


@dataclass(frozen=True)
class SizedDesign:
    """A decision rule at one size, as a claim uses it.

    Attributes:
        name: the claim, and which of its sub-claims.
        claim: the claim's identifier.
        kind: one of KINDS, as in Outcome.kind.
        margin: the rule's margin.
        minimum_effect: distance of the truth from the margin that is to be detected; None where none is stated.
        episodes: how many.
        family: sub-claims that Holm's correction counts.
        spread: standard deviation over episodes to plan with; None where none is known.
        members: outcomes joined by `at_every`; 1 for the other kinds.
        sampled: sub-claims of the family that have a p-value at all; the others are deterministic. None: all.
    """

    name: str
    claim: str
    kind: str
    margin: float
    minimum_effect: float | None
    episodes: int
    family: int
    spread: float | None
    members: int = 1
    sampled: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no rule can be used with.

        Raises:
            SettingsError: a kind without simulation, or a number out of range.
        """
        if self.kind not in KINDS:
            raise SettingsError(f"{self.name}: rule {self.kind!r} cannot be calibrated. Known: {', '.join(KINDS)}.")
        if self.episodes < 2 or self.members < 1 or not 1 <= self.tested <= self.family:
            raise SettingsError(
                f"{self.name}: a design needs 2 episodes, 1 member and a family; got {self.episodes} episodes, "
                f"{self.members} members, {self.tested} of a family of {self.family}."
            )
        if self.kind == "equivalent" and self.margin <= 0.0:
            raise SettingsError(f"{self.name}: the margin of equivalence is a distance > 0; got {self.margin!r}.")

    @property
    def tested(self) -> int:
        """How many p-values its family has."""
        return self.family if self.sampled is None else self.sampled

    @property
    def rule(self) -> str:
        """The rule in words, for a table."""
        members = f" x{self.members}" if self.members > 1 else ""
        return f"{self.kind}{members}, {self.episodes} episodes, family of {self.family}"

    @property
    def null_key(self) -> tuple[object, ...]:
        """What false verdicts depend on: designs with equal keys have equal rates.

        The tests follow shift and scale, so margin and spread matter for equivalence alone.
        """
        ratio = (self.margin, self.spread) if self.kind == "equivalent" else ()
        return (self.kind, self.episodes, self.family, self.tested, self.members, *ratio)


def sized(claim: str, design: Design, family: int, tier: Tier) -> SizedDesign:
    """Return what a claim's design is in a tier.

    Args:
        claim: the claim's identifier.
        design: as its file states it.
        family: sub-claims that Holm's correction counts.
        tier: whose numbers of episodes and readouts are used.

    Raises:
        SettingsError: numbers that the tier does not have, or with which no rule can be used.
    """
    episodes, schedule = getattr(tier, design.episodes, None), getattr(tier, design.schedule, None)
    if not isinstance(episodes, int):
        raise SettingsError(
            f"claim {claim}: {design.episodes!r} is no number of episodes of a tier. See {Tier.__name__}."
        )
    if design.schedule and not isinstance(schedule, Schedule):
        raise SettingsError(f"claim {claim}: {design.schedule!r} is no schedule of a tier. See {Tier.__name__}.")
    return SizedDesign(
        f"{claim}{design.which}",
        claim,
        design.kind,
        design.margin,
        design.minimum_effect,
        episodes,
        family,
        design.spread,
        members=len(schedule.readouts) if isinstance(schedule, Schedule) else 1,
        sampled=design.sampled,
    )
