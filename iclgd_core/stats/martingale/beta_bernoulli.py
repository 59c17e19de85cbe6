"""The Bayesian reference: Bernoulli outcomes under a Beta prior, whose predictive is exchangeable."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BetaBernoulli:
    """Beta(ones, zeros) over the probability of outcome 1.

    Attributes:
        ones: pseudo-count of outcome 1, > 0.
        zeros: of outcome 0, > 0.
    """

    ones: float = 1.0
    zeros: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 < self.ones < np.inf and 0.0 < self.zeros < np.inf):
            raise SettingsError(f"a Beta distribution needs positive counts; got {self.ones!r} and {self.zeros!r}.")

    def behind(self, ones: float, zeros: float, weight: float = 1.0) -> "BetaBernoulli":
        """Return the posterior behind so many outcomes of each kind.

        Args:
            ones: outcomes that were 1.
            zeros: outcomes that were 0.
            weight: alpha of a fractional posterior, whose likelihood is raised to it; 1 is Bayes.
        """
        return BetaBernoulli(self.ones + weight * ones, self.zeros + weight * zeros)

    @property
    def next_is_one(self) -> float:
        """p(next outcome is 1) = ones / (ones + zeros).

        >>> BetaBernoulli().behind(2, 1).next_is_one
        0.6
        """
        return self.ones / (self.ones + self.zeros)

    def paths(self, replications: int, paths: int, length: int, rng: np.random.Generator) -> Floats:
        """Draw continuations, each of one probability drawn from here: (replications, paths, length) of 0.0 and 1.0."""
        probability = rng.beta(self.ones, self.zeros, size=(replications, paths, 1))
        return (rng.random((replications, paths, length)) < probability).astype(np.float64)
