"""Regression tasks: episodes of real-valued demonstrations and queries, from one seed tree.

A function class is a `RegressionTask`: any object with these attributes and `draw`. Tasks are known by name in
`registry.REGRESSION_TASKS`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SPLITS = ("tuning", "evaluation")


@dataclass(frozen=True, eq=False)
class RegressionEpisodes:
    """Episodes of one task, all of the same size; the unit of inference is the episode.

    Attributes:
        task: name of the task.
        split: "tuning" (settings are chosen on it) or "evaluation" (claims are judged on it).
        xs, ys: demonstrations, (episodes, N, d) and (episodes, N, Ny), float64.
        xq, yq: queries and their right answers, (episodes, Q, d) and (episodes, Q, Ny), float64.
    """

    task: str
    split: str
    xs: Floats
    ys: Floats
    xq: Floats
    yq: Floats

    def __post_init__(self) -> None:
        shapes = [a.shape for a in (self.xs, self.ys, self.xq, self.yq)]
        (xs, ys, xq, yq) = shapes
        fits = all(len(s) == 3 for s in shapes) and len({s[0] for s in shapes}) == 1
        if not (fits and xs[1] == ys[1] and xq[1] == yq[1] and xs[2] == xq[2] and ys[2] == yq[2]):
            raise SettingsError(
                f"episodes need xs (E, N, d), ys (E, N, Ny), xq (E, Q, d), yq (E, Q, Ny); got {shapes}. Check the task."
            )

    def __len__(self) -> int:
        return len(self.xs)

    @property
    def shots(self) -> int:
        """Number of demonstrations, N."""
        return int(self.xs.shape[1])

    def first(self, shots: int) -> "RegressionEpisodes":
        """Return the same episodes with the first demonstrations alone.

        Raises:
            SettingsError: more than there are.
        """
        if not 0 <= shots <= self.shots:
            raise SettingsError(f"{shots} demonstrations were asked for. Allowed: 0 to {self.shots}.")
        return replace(self, xs=self.xs[:, :shots], ys=self.ys[:, :shots])

    def ordered(self, order: Ints) -> "RegressionEpisodes":
        """Return the same episodes with the demonstrations in another order, one (N,) a row of (episodes, N)."""
        rows = np.arange(len(self))[:, None]
        return replace(self, xs=self.xs[rows, order], ys=self.ys[rows, order])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a learner sees."""
        h = hashlib.sha256(f"{self.task}/{self.split}".encode())
        for array in (self.xs, self.ys, self.xq):
            h.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return h.hexdigest()


@runtime_checkable
class RegressionTask(Protocol):
    """A distribution over functions and inputs.

    Attributes:
        name: as reports show it.
        inputs, outputs: d and Ny.
        shots: demonstrations of the main comparison.
        noise: standard deviation of the answers' noise where y = W x + noise with W ~ N(0, I); None in other tasks.
    """

    @property
    def name(self) -> str:
        """Name."""

    @property
    def inputs(self) -> int:
        """Number of inputs."""

    @property
    def outputs(self) -> int:
        """Number of outputs."""

    @property
    def shots(self) -> int:
        """Demonstrations of the main comparison."""

    @property
    def noise(self) -> float | None:
        """Standard deviation of the noise of a linear task."""

    def __hash__(self) -> int: ...

    def draw(self, seed: int, split: str, n: int, shots: int, queries: int) -> RegressionEpisodes:
        """Draw the first n episodes of a split; fewer shots or episodes are the first of more (see `drawn`)."""

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about the task, as plain data; goes into the hash of a rule."""


Inputs = Callable[[np.random.Generator, int], Floats]
"""Draws so many inputs, (count, d)."""
Function = Callable[[Floats], Floats]
"""A function of one episode: (count, d) -> (count, Ny)."""


def drawn(
    name: str,
    seed: int,
    split: str,
    n: int,
    shots: int,
    queries: int,
    inputs: Inputs,
    function: Callable[[np.random.Generator], Function],
) -> RegressionEpisodes:
    """Draw episodes, each with streams of its own for function, demonstrations and queries.

    Episode i depends on (seed, name, split, i) alone: with more episodes, demonstrations or queries the first are the
    same, if `inputs` draws its rows one after the other.

    Args:
        name: of the task.
        seed: of the run.
        split: "tuning" or "evaluation".
        n: episodes, 1 or more.
        shots: demonstrations an episode, 0 or more.
        queries: queries an episode, 1 or more.
        inputs: draws inputs; demonstrations and queries have the same distribution.
        function: draws one episode's function.

    Raises:
        SettingsError: another split, or a count out of range.
    """
    if split not in SPLITS or n < 1 or shots < 0 or queries < 1:
        raise SettingsError(
            f"task {name}: split {split!r}, {n} episodes, {shots} demonstrations, {queries} queries. Allowed: split "
            f"{' or '.join(SPLITS)}, at least 1 episode and query, at least 0 demonstrations."
        )
    columns: tuple[list[Floats], ...] = ([], [], [], [])
    for i in range(n):
        f = function(stream(seed, name, split, i, "function"))
        xs = inputs(stream(seed, name, split, i, "demonstrations"), shots)
        xq = inputs(stream(seed, name, split, i, "queries"), queries)
        for column, values in zip(columns, (xs, f(xs), xq, f(xq)), strict=True):
            column.append(values)
    xs_, ys_, xq_, yq_ = (np.stack(column).astype(np.float64, copy=False) for column in columns)
    return RegressionEpisodes(name, split, xs_, ys_, xq_, yq_)
