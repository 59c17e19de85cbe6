"""The optimizers of the gradient-descent learners, and their update rules on many replicas at once."""

from dataclasses import dataclass
from typing import Literal

import torch

from iclgd_core.errors import UnknownNameError

Stack = dict[str, torch.Tensor]
"""Parameters of many replicas by name, each (replicas, *shape)."""

ADAM_BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Optimizer:
    """An update rule and how many demonstrations it sees a step.

    Attributes:
        name: what options and reports call it.
        rule: "sgd" (w <- w - lr g) or "adam" (bias-corrected, betas 0.9 and 0.999, epsilon 1e-8).
        batch: demonstrations a step, taken in the order of the demonstrations; None is all of them.
    """

    name: str
    rule: Literal["sgd", "adam"]
    batch: int | None

    def steps_per_epoch(self, n: int) -> int:
        """Return the number of steps that n demonstrations take; the last batch may be smaller."""
        return 1 if self.batch is None else -(-n // self.batch)


OPTIMIZERS: dict[str, Optimizer] = {
    o.name: o
    for o in (
        Optimizer("gd", "sgd", None),
        Optimizer("sgd1", "sgd", 1),
        Optimizer("sgd2", "sgd", 2),
        Optimizer("sgd4", "sgd", 4),
        Optimizer("adam1", "adam", 1),
        Optimizer("adam", "adam", None),
        Optimizer("sgd8", "sgd", 8),
    )
}
"""Full-batch GD, SGD and Adam, by name (arXiv 2310.08540, sections 4 and 5); the digit is the batch size."""


def get_optimizer(name: str) -> Optimizer:
    """Return the optimizer called `name`; UnknownNameError if there is none."""
    if name not in OPTIMIZERS:
        raise UnknownNameError("optimizer", name, OPTIMIZERS)
    return OPTIMIZERS[name]


class Updater:
    """Applies an update rule in place to stacked parameters, each replica with its own learning rate."""

    def __init__(self, optimizer: Optimizer, weights: Stack, learning_rates: torch.Tensor) -> None:
        """Start with no steps taken; `learning_rates` is (replicas,)."""
        self._rule = optimizer.rule
        self._weights = weights
        self._rates = {k: learning_rates.to(w.dtype).view(-1, *[1] * (w.ndim - 1)) for k, w in weights.items()}
        self._t = 0
        if self._rule == "adam":
            self._first = {k: torch.zeros_like(w) for k, w in weights.items()}
            self._second = {k: torch.zeros_like(w) for k, w in weights.items()}

    def step(self, gradients: Stack) -> None:
        """Take one step along `gradients` (same names and shapes as the weights)."""
        self._t += 1
        for name, weight in self._weights.items():
            gradient = gradients[name]
            if self._rule == "adam":
                weight.sub_(self._rates[name] * self._adam_direction(name, gradient))
            else:
                weight.addcmul_(self._rates[name], gradient, value=-1.0)

    def _adam_direction(self, name: str, gradient: torch.Tensor) -> torch.Tensor:
        b1, b2 = ADAM_BETAS
        first = self._first[name].lerp_(gradient, 1 - b1)
        second = self._second[name].mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
        spread = (second / (1 - b2**self._t)).sqrt_().add_(ADAM_EPSILON)
        return (first / (1 - b1**self._t)).div_(spread)
