"""What a regression model is to the laboratory."""

from typing import Protocol, runtime_checkable

import torch

from iclgd_core.evidence.plain import Json
from iclgd_core.tasks.regression.task import Floats


@runtime_checkable
class RegressionModel(Protocol):
    """A model that predicts y of a query from demonstrations in its context.

    Attributes:
        name: as reports show it: `constructed-...`, `icl-objective-...`, `untrained-...` or `shuffled-...`.
        digest: SHA-256 of its weights, hexadecimal.
        n_parameters: number of its weights.
    """

    @property
    def name(self) -> str:
        """Name."""

    @property
    def digest(self) -> str:
        """Hash of the weights."""

    @property
    def n_parameters(self) -> int:
        """Number of weights."""

    def predict(self, xs: Floats, ys: Floats, xq: Floats) -> Floats:
        """Predict in context, each query apart from the others.

        Args:
            xs: demonstrations' inputs, (episodes, N, d), N from 0 where the model can; any number it can read.
            ys: their outputs, (episodes, N, Ny).
            xq: queries, (episodes, Q, d).

        Returns:
            Predictions, (episodes, Q, Ny), float64.
        """

    def zero_shot(self, xq: Floats) -> Floats:
        """Predict without demonstrations: (episodes, Q, d) -> (episodes, Q, Ny), float64."""

    def known(self) -> dict[str, Json]:
        """Return how it is computed, for the report: at least "dtype"; further facts, such as its layers."""


@runtime_checkable
class TrainableModel(RegressionModel, Protocol):
    """A regression model whose network can be trained on demonstrations, each predicted without context."""

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights of the network by name, detached; training starts from copies of them."""

    def without_context(self, weights: dict[str, torch.Tensor], xq: torch.Tensor) -> torch.Tensor:
        """Predict without demonstrations, as `zero_shot`, as a function of weights; torch.func vectorises it.

        Args:
            weights: by name, of the same shapes as `weights()`.
            xq: queries, (Q, d), in the weights' number format.

        Returns:
            Predictions, (Q, Ny).
        """
