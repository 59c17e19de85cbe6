"""One line of the calibration: a rate over simulated studies, held against what is promised."""

from dataclasses import dataclass
from enum import StrEnum

from scipy import stats

MONTE_CARLO_LEVEL = 0.999
"""Level of the Monte Carlo intervals. So high because a table has hundreds of lines: with 95%, a few of them would
fail by chance although every instrument is right."""


class Sense(StrEnum):
    """On which side of its bound a rate must lie."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


class CheckStatus(StrEnum):
    """What became of a line. A limit is a shortfall that is documented, within the size that is documented."""

    HOLDS = "holds"
    LIMIT = "limit"
    FAILS = "fails"


@dataclass(frozen=True)
class Check:
    """A rate among simulated studies, with its Monte Carlo interval.

    Attributes:
        part: of the table: "rules", "power", "intervals" or "metrics".
        subject: what was tested: rule and design, interval, or metric.
        shape: distribution of the noise, or what was planted.
        what: which rate, for example "false supported".
        hits: studies in which it happened; studies: of how many.
        bound: what is promised; sense: on which side of it the rate must lie.
        limit: the shortfall that is documented: the bound that holds where `bound` does not; None if there is none.
        note: what a reader should know about the line.
    """

    part: str
    subject: str
    shape: str
    what: str
    hits: int
    studies: int
    bound: float
    sense: Sense
    limit: float | None = None
    note: str = ""

    @property
    def rate(self) -> float:
        """Share of the studies, in [0, 1]."""
        return self.hits / self.studies

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson interval of the rate at MONTE_CARLO_LEVEL."""
        found = stats.binomtest(self.hits, self.studies).proportion_ci(MONTE_CARLO_LEVEL, method="exact")
        return float(found.low), float(found.high)

    @property
    def status(self) -> CheckStatus:
        """HOLDS where the interval reaches the promised side of the bound, LIMIT where it reaches the documented one.

        >>> Check("rules", "r", "normal", "false supported", 60, 1000, 0.05, Sense.AT_MOST).status
        <CheckStatus.HOLDS: 'holds'>
        >>> Check("rules", "r", "normal", "false supported", 90, 1000, 0.05, Sense.AT_MOST).status
        <CheckStatus.FAILS: 'fails'>
        """
        if self._reaches(self.bound):
            return CheckStatus.HOLDS
        return CheckStatus.LIMIT if self.limit is not None and self._reaches(self.limit) else CheckStatus.FAILS

    def _reaches(self, bound: float) -> bool:
        low, high = self.interval
        return low <= bound if self.sense is Sense.AT_MOST else high >= bound
