"""What reports have to know of a run's options: plain data, which whoever reads the options fills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iclgd_core.evidence.plain import Json

DEFAULT_REPORT = ".iclgd/report"
"""Directory of the report where no other is given."""


@dataclass(frozen=True)
class RunOptions:
    """The options of one run.

    Attributes:
        report: absolute directory that the report is written to.
        plan: whether nothing is claimed and nothing written.
        strict: whether an inconclusive verdict fails the run.
        baseline: absolute path of the saved report that the run is held against, or None.
        computed: what decides the numbers and stands in the report's header itself: device, dtype, seed, tier.
        given: what command line or ini file gave, by option, before anything was resolved.
        resolved: the value of every option in the run.
    """

    report: Path
    plan: bool = False
    strict: bool = False
    baseline: Path | None = None
    computed: Mapping[str, Json] = field(default_factory=dict)
    given: Mapping[str, Json] = field(default_factory=dict)
    resolved: Mapping[str, Json] = field(default_factory=dict)

    def header(self) -> dict[str, Json]:
        """Return the part of the report's header that they are; nothing where no option is known."""
        if not self.resolved:
            return {}
        return {**self.computed, "options": {"given": dict(self.given), "resolved": {**self.resolved, **self.computed}}}
