"""Linear self-attention over tokens e_j = (x_j, y_j), and the model made of its layers (arXiv 2212.07677)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.regression.task import Floats

MATRICES = ("W_K", "W_Q", "W_V", "P")


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights of one layer with one head, each (d + Ny, d + Ny), column convention: W e.

    e_j <- e_j + P sum_{i <= N} (W_V e_i) (W_K e_i)^T (W_Q e_j)

    Attributes:
        w_k, w_q, w_v: key, query and value projections.
        p: output projection; of a layer that averages, N times what the paper calls P, which is then p / N.
        averages: whether P = p / N, with N the number of demonstrations in the context; no value at N = 0.
    """

    w_k: Tensor
    w_q: Tensor
    w_v: Tensor
    p: Tensor
    averages: bool = False

    def projection(self, demonstrations: int) -> Tensor:
        """Return P for a context of N demonstrations; infinite where it is p / N with N = 0."""
        return self.p / torch.tensor(float(demonstrations), dtype=self.p.dtype) if self.averages else self.p

    def matrices(self, demonstrations: int) -> dict[str, Tensor]:
        """Return the four weight matrices, by the names of MATRICES."""
        return dict(zip(MATRICES, (self.w_k, self.w_q, self.w_v, self.projection(demonstrations)), strict=True))

    def products(self, demonstrations: int) -> dict[str, Tensor]:
        """Return what is identified: P W_V and W_K^T W_Q."""
        return {"P W_V": self.projection(demonstrations) @ self.w_v, "W_K^T W_Q": self.w_k.mT @ self.w_q}

    def __call__(self, context: Tensor, tokens: Tensor) -> Tensor:
        """Return tokens (..., T, d + Ny) after attention to the context (..., N, d + Ny), whose order has no effect."""
        scores = tokens @ self.w_q.mT @ self.w_k @ context.mT
        return tokens + scores @ context @ self.w_v.mT @ self.projection(context.shape[-2]).mT


def attend(layers: Sequence[Layer], xs: Tensor, ys: Tensor, xq: Tensor, start: Tensor) -> Tensor:
    """Return the predictions of a stack of layers, (..., Q, Ny): minus the y-part of each query's last token.

    Demonstrations attend to each other, queries to the demonstrations; no query is a key or a value, so that each is
    predicted as if it were alone.

    Args:
        layers: from first to last.
        xs: demonstrations' inputs, (..., N, d).
        ys: their outputs, (..., N, Ny).
        xq: queries, (..., Q, d).
        start: W0, (Ny, d); a query's token is (x_q, -W0 x_q).
    """
    context, tokens = torch.cat([xs, ys], -1), torch.cat([xq, -xq @ start.mT], -1)
    for i, layer in enumerate(layers):
        last = i == len(layers) - 1
        context, tokens = context if last else layer(context, context), layer(context, tokens)
    return -tokens[..., xs.shape[-1] :]


@dataclass(frozen=True, eq=False)
class LinearSelfAttention:
    """A stack of linear self-attention layers as a regression model, in float64.

    Attributes:
        name: as reports show it.
        layers: from first to last, float64.
        start: W0, (Ny, d), the weights of the linear model that a query's token holds at first.
        facts: what else is known, for the report.
    """

    name: str
    layers: tuple[Layer, ...]
    start: Tensor
    facts: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        side = sum(self.start.shape)
        for i, layer in enumerate(self.layers):
            for name, matrix in zip(MATRICES, (layer.w_k, layer.w_q, layer.w_v, layer.p), strict=True):
                if matrix.shape != (side, side) or matrix.dtype != torch.float64:
                    raise SettingsError(
                        f"{self.name}: {name} of layer {i} is {tuple(matrix.shape)}, {matrix.dtype}. "
                        f"Allowed: ({side}, {side}) in float64, since W0 is {tuple(self.start.shape)}."
                    )

    @property
    def inputs(self) -> int:
        """Number of inputs, d."""
        return self.start.shape[1]

    @property
    def n_parameters(self) -> int:
        """Number of weights, without W0, which is part of the tokens."""
        return sum(matrix.numel() for layer in self.layers for matrix in (layer.w_k, layer.w_q, layer.w_v, layer.p))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all weights."""
        h = hashlib.sha256()
        for layer in self.layers:
            h.update(f"{layer.averages}".encode())
            for matrix in (layer.w_k, layer.w_q, layer.w_v, layer.p):
                h.update(matrix.contiguous().numpy().tobytes())
        h.update(self.start.contiguous().numpy().tobytes())
        return h.hexdigest()

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        """Predict in context; see `RegressionModel.predict`. Not finite at N = 0 where a layer averages.

        Raises:
            SettingsError: another number of inputs or outputs than the model's.
        """
        if (ys.shape[-1], xs.shape[-1]) != tuple(self.start.shape) or xq.shape[-1] != self.inputs:
            raise SettingsError(
                f"{self.name} reads {self.inputs} inputs and {self.start.shape[0]} outputs; got {xs.shape[-1]} and "
                f"{ys.shape[-1]}, queries of {xq.shape[-1]}. Choose another task."
            )
        with torch.no_grad():
            x, y, q = (torch.from_numpy(np.require(a, np.float64, "W")) for a in (xs, ys, xq))
            found: Floats = attend(self.layers, x, y, q, self.start).numpy()
        return found

    def zero_shot(self, xq: Floats) -> Floats:
        """Predict without demonstrations: W0 x_q, what the query's token holds before any attention."""
        found: Floats = xq @ self.start.numpy().T
        return found

    def weights(self) -> dict[str, Tensor]:
        """Return the weights by name, for example "0.W_K"; W0 is part of the tokens and no weight."""
        return {
            f"{i}.{name}": matrix
            for i, layer in enumerate(self.layers)
            for name, matrix in zip(MATRICES, (layer.w_k, layer.w_q, layer.w_v, layer.p), strict=True)
        }

    def without_context(self, weights: dict[str, Tensor], xq: Tensor) -> Tensor:
        """Predict without demonstrations, (Q, d) -> (Q, Ny): W0 x_q whatever the weights, for nothing is attended to.

        The gradient in the weights is therefore 0, and no training on single pairs changes the model.
        """
        return xq @ self.start.mT

    def known(self) -> dict[str, Json]:
        """Return number format, layers and further facts."""
        return {"dtype": "float64", "layers": len(self.layers), **self.facts}
