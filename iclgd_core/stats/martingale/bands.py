"""Reference bands: how a statistic of sampled paths spreads where the predictor is Bayesian."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.stats.martingale.beta_bernoulli import BetaBernoulli

Floats = NDArray[np.float64]

REPLICATIONS, COVERAGE = 300, 0.95
"""As in the paper: 300 replications, 95% percentile interval."""


@dataclass(frozen=True, eq=False)
class Band:
    """Percentile interval of a statistic over replications, both ends included.

    Attributes:
        low: lower end, of the statistic's shape.
        high: upper end.
    """

    low: Floats
    high: Floats

    def holds(self, value: Floats) -> NDArray[np.bool_]:
        """Return whether a value lies inside, element by element."""
        return np.asarray((self.low - ROUNDING <= value) & (value <= self.high + ROUNDING))


ROUNDING = 1e-12
"""Statistics of few paths take few values, so a value may lie on the end of its band."""


def band(
    statistic: Callable[[Floats], Floats],
    reference: BetaBernoulli,
    paths: int,
    length: int,
    rng: np.random.Generator,
    replications: int = REPLICATIONS,
) -> Band:
    """Return the band of a statistic of so many paths of a Bayesian predictor.

    Args:
        statistic: (..., paths, length) -> (..., whatever).
        reference: the Bayesian predictor, behind its data.
        paths: paths in a replication.
        length: outcomes in a path.
        rng: draws the replications.
        replications: how many.
    """
    values = statistic(reference.paths(replications, paths, length, rng))
    low, high = np.quantile(values, [(1.0 - COVERAGE) / 2.0, (1.0 + COVERAGE) / 2.0], axis=0)
    return Band(low, high)
