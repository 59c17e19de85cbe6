"""What a comparison of two reports says, and its status."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from iclgd_core.evidence.verdict import Verdict

MOVED = "the 95% interval of the difference excludes 0"
"""What it means that an effect moved, for whoever reads how many did."""


class Change(StrEnum):
    """What became of a sub-claim between report A and report B.

    A sub-claim *held* in A if its verdict was the expected one, or `supported`. It is worse in B if it held in A and

    - B does not have it although its run was asked for it, and A had more than `not run`, or
    - it was as expected in A and is not in B (`supported` is worse so on an untrained control alone), or
    - its verdict changed to `refuted`, `inconclusive`, `error` or `not run`.

    It is improved if it is not worse and is as expected in B alone, or `supported` in B alone. It is not run if B does
    not have it and was not asked for it (`reports.compare.asked`): a selection says nothing about the rest.
    """

    NOT_COMPARABLE = "not comparable"
    WORSE = "worse"
    IMPROVED = "improved"
    CHANGED = "changed"
    NOT_RUN = "not run"
    ONLY_BEFORE = "only in A"
    ONLY_AFTER = "only in B"
    SAME = "same"


class Status(IntEnum):
    """The outcome of a comparison; the number is the exit status of `iclgd compare`."""

    EQUAL = 0
    WORSE = 1
    NOT_COMPARABLE = 2

    @property
    def words(self) -> str:
        """The status in words."""
        return {0: "equal", 1: "worse", 2: "not comparable"}[self.value]


@dataclass(frozen=True)
class Side:
    """One sub-claim in one of the reports.

    Attributes:
        verdict, expected: as the report has them.
        estimate, interval: the effect; None where there is none.
    """

    verdict: Verdict
    expected: Verdict
    estimate: float | None
    interval: tuple[float, float] | None

    @property
    def met(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.verdict is self.expected


@dataclass(frozen=True)
class Difference:
    """One sub-claim in both.

    Attributes:
        id, params, model, task: which.
        change: what became of it.
        reason: why it is worse or cannot be compared; empty otherwise.
        before, after: its sides; None where the report does not have it.
        difference: estimate in B minus that in A; None where one is missing.
        interval: 95% interval of the difference (see `reports.compare.interval`); None where nothing was sampled.
        moved: whether the interval of the difference excludes 0; None where there is none.
    """

    id: str
    params: Mapping[str, str]
    model: str
    task: str
    change: Change
    reason: str
    before: Side | None
    after: Side | None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    moved: bool | None = None


@dataclass(frozen=True)
class HeaderDifference:
    """One thing that differs between the runs themselves, as text; None where a report does not have it."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Comparison:
    """Report A (before) beside report B (after).

    Attributes:
        before, after: what the reports are called, usually their paths.
        problems: why the reports as a whole cannot be compared.
        headers: what differs between the runs.
        claims: one for each sub-claim of either, sorted by claim, model, task and parameters.
    """

    before: str
    after: str
    problems: tuple[str, ...]
    headers: tuple[HeaderDifference, ...]
    claims: tuple[Difference, ...]

    def count(self) -> dict[Change, int]:
        """Return how many sub-claims had each change."""
        found = Counter(claim.change for claim in self.claims)
        return {change: found[change] for change in Change}

    def not_run(self) -> dict[str, int]:
        """Return how many sub-claims of each claim B was not asked for."""
        return dict(Counter(claim.id for claim in self.claims if claim.change is Change.NOT_RUN))

    @property
    def moved(self) -> int:
        """How many effects moved, whatever became of their verdicts; see MOVED."""
        return sum(claim.moved is True for claim in self.claims)

    @property
    def status(self) -> Status:
        """Not comparable as soon as one sub-claim is not: nobody verified it; else worse if one is; else equal."""
        changes = {claim.change for claim in self.claims}
        if self.problems or Change.NOT_COMPARABLE in changes:
            return Status.NOT_COMPARABLE
        return Status.WORSE if Change.WORSE in changes else Status.EQUAL

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        parts = [f"{n} {change.value}" for change, n in self.count().items() if n]
        counts = ", ".join(parts) or "no sub-claims"
        moved = f"{self.moved} effect{'' if self.moved == 1 else 's'} moved ({MOVED})"
        return f"{self.status.words}: {counts}; {moved}."
