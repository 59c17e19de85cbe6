"""Shapes of noise over episodes, each with mean 0 and, but for the one without variance, standard deviation 1."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]

STEP = 0.5
"""Grid of the tied shape, in standard deviations: an accuracy over 32 queries has steps of 0.1 to 0.5 of its own."""

OFFSET = 0.32
"""Where the truth lies between two points of the grid, so that no value ties with it."""

SHARE_OF_ZEROS = 0.8

RARE = 6.0
"""Outliers that a study of the rare shapes is expected to show. A study that shows none, with probability exp(-6), is
judged wrongly by any rule that judges values without spread. A family of 12 shows one such study with probability 0.03,
which leaves room below 0.05; with one outlier expected, 0.37 of all studies would be such."""

JITTER = 1e-3
"""Spread of the other values, in units of an outlier."""


@dataclass(frozen=True)
class Shape:
    """A distribution of noise.

    Attributes:
        name: in words.
        draw: draws an array of the given shape.
        symmetric: whether it is symmetric about 0, which the sign-flip test assumes.
        coverage_limit: coverage that intervals at level 0.95 keep to for this shape at 24 episodes or more, where that
            is documented to be less than 0.95.
        power_limit: power at the minimum effect that a rule keeps to for this shape, where that is documented to be
            less than 0.9, which the numbers of episodes were planned for with normal noise.
    """

    name: str
    draw: Draw
    symmetric: bool = True
    coverage_limit: float | None = None
    power_limit: float | None = None


def _normal(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return rng.normal(size=size)


def _heavy(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return np.asarray(rng.standard_t(3, size=size) / np.sqrt(3.0), dtype=np.float64)


def _tied(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    # Rounded up or down at random, in proportion to the distance, which keeps the mean exactly. Rounding adds a
    # variance of STEP^2 / 6 on average.
    raw = OFFSET + rng.normal(size=size)
    rounded = STEP * np.floor(raw / STEP + rng.random(size))
    return np.asarray((rounded - OFFSET) / np.sqrt(1.0 + STEP**2 / 6.0), dtype=np.float64)


def _zero_inflated(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    some = rng.random(size) >= SHARE_OF_ZEROS
    return np.where(some, rng.normal(size=size) / np.sqrt(1.0 - SHARE_OF_ZEROS), 0.0)


def _constant(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return np.zeros(size)


def _skewed(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return np.asarray(rng.exponential(size=size) - 1.0, dtype=np.float64)


def _skewed_down(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return -_skewed(rng, size)


def _rare(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    share = RARE / max(size[-1], 2.0 * RARE)
    noise = (rng.random(size) < share) - share + JITTER * rng.normal(size=size)
    return np.asarray(noise / np.sqrt(share * (1.0 - share) + JITTER**2), dtype=np.float64)


def _rare_down(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return -_rare(rng, size)


SHAPES = (
    Shape("normal", _normal),
    Shape("heavy tails (Student t, 3 df)", _heavy, coverage_limit=0.92, power_limit=0.80),
    Shape("ties (steps of half an sd)", _tied),
    Shape("80% exactly on the boundary", _zero_inflated, coverage_limit=0.90, power_limit=0.50),
    Shape("zero variance", _constant),
    Shape("skewed (exponential)", _skewed, symmetric=False, coverage_limit=0.90),
    Shape("skewed downwards (exponential)", _skewed_down, symmetric=False, coverage_limit=0.90),
    Shape("nearly constant, rare outliers", _rare, symmetric=False),
    Shape("nearly constant, rare outliers downwards", _rare_down, symmetric=False),
)
