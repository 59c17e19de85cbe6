"""The function classes of arXiv 2208.01066 (section 2 and appendix A), as distributions over prompts.

A prompt is a function f drawn from its class and points x_1, ..., x_n ~ N(0, I_d) with y_i = f(x_i). Errors are
divided by `scale` = E f(x)^2, so that predicting zero has error 1 in every class.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch

from iclgd_core.errors import SettingsError


@dataclass(frozen=True, eq=False)
class Points:
    """Points of several prompts.

    Attributes:
        x: (episodes, points, dimension) inputs.
        y: (episodes, points) answers.
        weights: (episodes, dimension) w of the functions that are linear; (episodes, 0) of the others.
    """

    x: torch.Tensor
    y: torch.Tensor
    weights: torch.Tensor


class FunctionClass(Protocol):
    """A distribution over functions from R^dimension to R; `scale` is E f(x)^2 without noise."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def scale(self) -> float: ...  # noqa: D102

    def draw(
        self, episodes: int, points: int, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> Points:
        """Draw one function and `points` points for each of so many episodes."""
        ...


@dataclass(frozen=True)
class Linear:
    """f(x) = w . x with w ~ N(0, I_d); answers carry noise of standard deviation `noise`; scale d.

    Only `nonzero` coordinates of w, drawn without replacement, are kept where it is given; the scale is then `nonzero`.
    With noise, errors are against the noisy answer, as in the paper's code, so the best that can be had is
    noise^2 / d.
    """

    dimension: int
    noise: float = 0.0
    nonzero: int | None = None

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingsError: a dimension, a noise or a number of non-zero coordinates out of range.
        """
        _positive("dimension", self.dimension)
        if self.noise < 0:
            raise SettingsError(f"noise is {self.noise}. Allowed: a standard deviation from 0.")
        if self.nonzero is not None and not 1 <= self.nonzero <= self.dimension:
            raise SettingsError(f"nonzero is {self.nonzero}. Allowed: 1 to the dimension, {self.dimension}.")

    @property
    def name(self) -> str:
        """The class's name: linear, noisy-linear or sparse-linear."""
        return "sparse-linear" if self.nonzero is not None else "noisy-linear" if self.noise else "linear"

    @property
    def scale(self) -> float:
        """E (w . x)^2: the number of coordinates of w that are not zero."""
        return float(self.dimension if self.nonzero is None else self.nonzero)

    def draw(
        self, episodes: int, points: int, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> Points:
        """Draw w and points of each episode; the noise is drawn last, so it leaves w and x as they are."""
        w = torch.randn(episodes, self.dimension, generator=generator, dtype=dtype)
        x = torch.randn(episodes, points, self.dimension, generator=generator, dtype=dtype)
        if self.nonzero is not None:
            ranks = torch.rand(episodes, self.dimension, generator=generator, dtype=dtype).argsort(-1).argsort(-1)
            w = w * (ranks < self.nonzero)
        y = torch.einsum("bd,bnd->bn", w, x)
        if self.noise:
            y = y + self.noise * torch.randn(episodes, points, generator=generator, dtype=dtype)
        return Points(x, y, w)


@dataclass(frozen=True)
class DecisionTree:
    """A complete binary tree: each inner node asks the sign of a random coordinate, leaves are N(0, 1); scale 1."""

    dimension: int
    depth: int = 4
    name: str = "decision-tree"
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingsError: a dimension or a depth below 1.
        """
        _positive("dimension", self.dimension)
        _positive("depth", self.depth)

    def draw(
        self, episodes: int, points: int, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> Points:
        """Draw a tree and points of each episode."""
        inner = 2**self.depth - 1
        asked = torch.randint(self.dimension, (episodes, inner), generator=generator)
        leaves = torch.randn(episodes, inner + 1, generator=generator, dtype=dtype)
        x = torch.randn(episodes, points, self.dimension, generator=generator, dtype=dtype)
        node = torch.zeros(episodes, points, dtype=torch.int64)
        for _ in range(self.depth):
            coordinate = asked.gather(1, node)
            right = x.gather(2, coordinate[..., None])[..., 0] > 0
            node = 2 * node + 1 + right
        return Points(x, leaves.gather(1, node - inner), x.new_empty(episodes, 0))


@dataclass(frozen=True)
class ReluNet:
    """f(x) = sqrt(2 / r) sum_j a_j relu(w_j . x), a_j ~ N(0, 1), w_j ~ N(0, I_d), j = 1..r; scale d."""

    dimension: int
    width: int = 100
    name: str = "relu-net"

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            SettingsError: a dimension or a width below 1.
        """
        _positive("dimension", self.dimension)
        _positive("width", self.width)

    @property
    def scale(self) -> float:
        """E f(x)^2 = (2 / r) r E a^2 E relu(w . x)^2 = d."""
        return float(self.dimension)

    def draw(
        self, episodes: int, points: int, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> Points:
        """Draw a net and points of each episode."""
        w = torch.randn(episodes, self.width, self.dimension, generator=generator, dtype=dtype)
        a = torch.randn(episodes, self.width, generator=generator, dtype=dtype)
        x = torch.randn(episodes, points, self.dimension, generator=generator, dtype=dtype)
        hidden = torch.einsum("brd,bnd->bnr", w, x).clamp(min=0)
        y = math.sqrt(2 / self.width) * torch.einsum("br,bnr->bn", a, hidden)
        return Points(x, y, x.new_empty(episodes, 0))


def _positive(name: str, value: int) -> None:
    if value < 1:
        raise SettingsError(f"{name} is {value}. Allowed: a whole number from 1.")
