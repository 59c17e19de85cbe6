"""The optimizers of the gradient-descent learners, and their update rules on many replicas at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.evidence.progress import Steps

Stack = dict[str, torch.Tensor]
"""Parameters of many replicas by name, each (replicas, *shape)."""

ADAM_BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-8
MOMENTUM = 0.9
"""What heavy-ball and Nesterov momentum keep of the velocity at every step; the usual value."""

BUFFERS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "newton": 4}
"""Numbers that each update rule keeps for every trained weight: velocity, moments, vectors of conjugate gradients."""


@dataclass(frozen=True)
class Optimizer:
    """An update rule and how many demonstrations it sees a step.

    Attributes:
        name: what options and reports call it.
        rule: with gradient g and learning rate lr,
            "sgd": w <- w - lr g;
            "momentum" (heavy ball): v <- 0.9 v + g, w <- w - lr v;
            "nesterov": v <- 0.9 v + g, w <- w - lr (g + 0.9 v);
            "adam": bias-corrected, betas 0.9 and 0.999, epsilon 1e-8;
            "newton": w <- w + lr d, d of `newton.direction`.
        batch: demonstrations a step, taken in the order of the demonstrations; None is all of them.
        account: the account of ICL that it is on the whole model, one of evidence.accounts.ACCOUNTS; empty if none.
        settings: whose learning rates and readouts it is tried with beside plain GD and Adam, a name in
            studies.open.rule_schedules.SCHEDULES; empty for those of the tier.
    """

    name: str
    rule: Literal["sgd", "adam", "momentum", "nesterov", "newton"]
    batch: int | None
    account: str = ""
    settings: str = ""

    @property
    def buffers(self) -> int:
        """Numbers kept for every trained weight, besides weight and gradient."""
        return BUFFERS[self.rule]

    def steps_per_epoch(self, n: int) -> int:
        """Return the number of steps that n demonstrations take; the last batch may be smaller."""
        return 1 if self.batch is None else -(-n // self.batch)


OPTIMIZERS: dict[str, Optimizer] = {
    o.name: o
    for o in (
        Optimizer("gd", "sgd", None, "gd"),
        Optimizer("sgd1", "sgd", 1, "sgd"),
        Optimizer("sgd2", "sgd", 2),
        Optimizer("sgd4", "sgd", 4),
        Optimizer("adam1", "adam", 1, "adam"),
        Optimizer("adam", "adam", None),
        Optimizer("sgd8", "sgd", 8),
        Optimizer("momentum", "momentum", None, "momentum", "momentum"),
        Optimizer("nesterov", "nesterov", None, "nesterov", "momentum"),
        Optimizer("newton", "newton", None, "newton", "newton"),
    )
}
"""Full-batch GD, SGD and Adam, by name (arXiv 2310.08540, sections 4 and 5); the digit is the batch size. Momentum,
Nesterov's and the Newton-like rule are open questions of that paper."""


def get_optimizer(name: str) -> Optimizer:
    """Return the optimizer called `name`; UnknownNameError if there is none."""
    if name not in OPTIMIZERS:
        raise UnknownNameError("optimizer", name, OPTIMIZERS)
    return OPTIMIZERS[name]


def refuse_newton(optimizer: Optimizer, model: str, how: str) -> None:
    """Raise NotRunError for Newton-like steps where a model is trained otherwise than as vectorised replicas."""
    if optimizer.rule == "newton":
        raise NotRunError(
            f"Newton-like steps are computed on replicas of a small causal model in float32 with eager attention; "
            f"model {model!r} is trained {how}. Use a smaller model or another optimizer."
        )


def torch_optimizer(optimizer: Optimizer, weights: Stack, learning_rates: Sequence[float]) -> torch.optim.Optimizer:
    """Return torch's optimizer over stacked replicas, each with its own learning rate.

    The update rules are element-wise, so that one optimizer over a stack equals one for each replica. Neighbours
    with equal rates share a parameter group: sort the replicas by rate. A Newton-like step is plain SGD along the
    negative of its direction.

    Args:
        optimizer: the update rule.
        weights: stacked parameters, updated in place; their gradients are given to `set_gradients`.
        learning_rates: one for each replica.
    """
    groups = [
        {"params": [weight[rows] for weight in weights.values()], "lr": rate} for rows, rate in _runs(learning_rates)
    ]
    if optimizer.rule == "adam":
        return torch.optim.Adam(groups, betas=ADAM_BETAS, eps=ADAM_EPSILON, fused=True)
    if optimizer.rule in ("momentum", "nesterov"):
        return torch.optim.SGD(groups, momentum=MOMENTUM, nesterov=optimizer.rule == "nesterov", fused=True)
    return torch.optim.SGD(groups, fused=True)


def set_gradients(optimizer: torch.optim.Optimizer, gradients: Stack, learning_rates: Sequence[float]) -> None:
    """Hand stacked gradients (names and shapes of the weights) to the optimizer of `torch_optimizer`."""
    for group, (rows, _) in zip(optimizer.param_groups, _runs(learning_rates), strict=True):
        for parameter, gradient in zip(group["params"], gradients.values(), strict=True):
            parameter.grad = gradient[rows].contiguous()  # torch's fused updates read any other layout wrongly


def epochs(
    gradient: Callable[[slice], tuple[Stack, torch.Tensor]],
    weights: Stack,
    optimizer: Optimizer,
    learning_rates: Sequence[float],
    examples: int,
    readouts: Sequence[int],
    steps: Steps,
) -> Iterator[torch.Tensor]:
    """Train stacked replicas in place; at every readout yield each one's mean loss in the epoch before, (replicas,).

    Args:
        gradient: returns gradients and losses (replicas,) on the examples of a slice.
        weights: stacked parameters.
        optimizer: update rule and batch size.
        learning_rates: one for each replica, neighbours equal; see `torch_optimizer`.
        examples: of each replica, taken in their order.
        readouts: epochs, ascending.
        steps: are told one by one.
    """
    updater, batch = torch_optimizer(optimizer, weights, learning_rates), optimizer.batch or examples
    for epoch in range(1, readouts[-1] + 1):
        total: torch.Tensor | float = 0.0
        for at in range(0, examples, batch):
            gradients, losses = gradient(slice(at, at + batch))
            set_gradients(updater, gradients, learning_rates)
            updater.step()
            total = total + losses.detach() * min(batch, examples - at) / examples
            steps.done()
        if epoch in readouts:
            yield torch.as_tensor(total)


def _runs(values: Sequence[float]) -> list[tuple[slice, float]]:
    """Return the stretches of equal neighbours: [5, 5, 7] -> [(0:2, 5), (2:3, 7)]."""
    starts = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
    return [(slice(a, b), values[a]) for a, b in zip(starts, [*starts[1:], len(values)], strict=True)]
