"""Gradient descent on the demonstrations, then the queries without them: many runs computed together.

A run is one (episode, order, learning rate). All runs of a call are replicas of the model, trained at the same
time by one vectorised gradient (torch.func); the model's own weights are never written, so that nothing has to be
restored. Loss: mean cross-entropy of the label tokens alone (arXiv 2310.08540, section 5).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call, grad_and_value, vmap

from iclgd_core.errors import SettingsError
from iclgd_core.learners.optimizers import Optimizer, set_gradients, torch_optimizer
from iclgd_core.models.adapter import CausalModel, at_least_float32, check_context
from iclgd_core.models.projections import part_names
from iclgd_core.tasks import Episode

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

REPLICA_BYTES = 320 * 2**20
"""Bytes of weights, gradients and optimizer state that one group of replicas may take."""


@dataclass(frozen=True)
class Schedule:
    """How long to train and when to read out.

    Attributes:
        learning_rates: each trained from the start, apart.
        readouts: epochs after which the queries are answered, ascending; training ends at the last.
    """

    learning_rates: tuple[float, ...]
    readouts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(0 < rate < math.inf for rate in self.learning_rates):
            raise SettingsError(
                f"learning rates must be positive and finite, and at least one; got {self.learning_rates}."
            )
        if not self.readouts or list(self.readouts) != sorted(set(self.readouts)) or self.readouts[0] < 1:
            raise SettingsError(f"readouts must be ascending epochs from 1 on; got {self.readouts}.")


@dataclass(frozen=True, eq=False)
class Runs:
    """Predictions of many gradient-descent runs.

    Attributes:
        log_probs: (episodes, orders, learning rates, readouts, queries, vocabulary), float32; NaN where diverged.
        diverged: (episodes, orders, learning rates, readouts): the outputs are no longer finite.
        loss: training loss of the last epoch before each readout, same shape as `diverged`.
    """

    log_probs: Floats
    diverged: NDArray[np.bool_]
    loss: Floats


def gradient_descent(
    model: CausalModel,
    symbols: tuple[str, ...],
    episodes: Sequence[Episode],
    orders: Ints,
    optimizer: Optimizer,
    schedule: Schedule,
    part: str = "whole",
) -> Runs:
    """Train replicas of the model on the demonstrations and answer the queries at every readout.

    Args:
        model: the model to start from; its weights stay as they are.
        symbols: the task's vocabulary.
        episodes: with equally many queries, and examples of equal length.
        orders: indices into the demonstrations, (episodes, orders, n); mini-batches follow this order.
        optimizer: update rule and batch size.
        schedule: learning rates and readouts.
        part: what is trained, one of models.projections.PARTS.

    Raises:
        ContextError: more demonstrations than the pool holds, or an example longer than the context window.
        VocabularyError: the model lacks a symbol of the task.
        SettingsError: no demonstrations.
    """
    if orders.shape[-1] == 0:
        raise SettingsError("gradient descent needs at least one demonstration; zero-shot is in_context with none.")
    token = model.token_ids(symbols)
    n_rates = len(schedule.learning_rates)
    shape = (n_rates, *orders.shape[:2])
    for episode in episodes:
        episode.first(orders.shape[-1])
    inputs = np.stack([e.demonstrations[row] for e, rows in zip(episodes, orders, strict=True) for row in rows])
    labels = np.stack([e.labels[row] for e, rows in zip(episodes, orders, strict=True) for row in rows])
    queries = np.stack([episode.queries for episode in episodes for _ in range(orders.shape[1])])
    rates = [rate for rate in schedule.learning_rates for _ in inputs]
    columns = [torch.from_numpy(np.concatenate([token[a]] * n_rates)) for a in (inputs, labels, queries)]
    longest = max(inputs.shape[-1], queries.shape[-1])
    check_context(longest, model.context_window, model.name, "an example")
    trained = part_names(model.module, part)
    size = _group_size(model, trained, optimizer)
    groups = [
        _train_group(model, trained, optimizer, schedule, [c[at : at + size] for c in columns], rates[at : at + size])
        for at in range(0, len(rates), size)
    ]
    log_probs, loss = (np.concatenate(arrays) for arrays in zip(*groups, strict=True))
    diverged = ~np.isfinite(log_probs).all(axis=(-1, -2))
    log_probs[diverged] = np.nan

    def by_run(flat: NDArray[Any]) -> NDArray[Any]:
        """(runs, ...) -> (episodes, orders, learning rates, ...); the runs are sorted by learning rate."""
        return np.ascontiguousarray(np.moveaxis(flat.reshape(*shape, *flat.shape[1:]), 0, 2))

    return Runs(by_run(log_probs), by_run(diverged), by_run(loss))


def _group_size(model: CausalModel, trained: Sequence[str], optimizer: Optimizer) -> int:
    """Replicas trained together; a function of the model and settings alone, never of free memory or workers."""
    parameters = dict(model.module.named_parameters())
    copies = 5 if optimizer.rule == "adam" else 3
    return max(1, REPLICA_BYTES // (copies * sum(parameters[name].nbytes for name in trained)))


def _train_group(
    model: CausalModel,
    trained: Sequence[str],
    optimizer: Optimizer,
    schedule: Schedule,
    columns: Sequence[torch.Tensor],
    rates: Sequence[float],
) -> tuple[Floats, Floats]:
    """Train one group of replicas.

    `columns` are token ids of inputs (replicas, n, length), labels (replicas, n) and queries (replicas, queries,
    length); `rates` is the learning rate of each replica.

    Returns:
        Log-probs (replicas, readouts, queries, vocabulary) and losses (replicas, readouts).
    """
    module, device = model.module, model.device
    inputs, labels, queries = (column.to(device) for column in columns)
    start = {name: p.detach() for name, p in module.named_parameters()}
    frozen = {name: p for name, p in start.items() if name not in set(trained)}
    weights = {name: start[name].expand(len(rates), *start[name].shape).clone() for name in trained}

    def last_logits(own: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
        arguments = {"use_cache": False, "logits_to_keep": 1}
        return at_least_float32(functional_call(module, (frozen, own), (ids,), arguments).logits[:, -1])

    def loss(own: dict[str, torch.Tensor], ids: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(last_logits(own, ids), label)

    gradient = vmap(grad_and_value(loss))
    answer = vmap(last_logits)
    updater = torch_optimizer(optimizer, weights, rates)
    n = inputs.shape[1]
    batch = optimizer.batch or n
    outputs: list[Floats] = []
    losses: list[Floats] = []
    for epoch in range(1, schedule.readouts[-1] + 1):
        total = torch.zeros(len(rates), device=device)
        for at in range(0, n, batch):
            rows = slice(at, at + batch)
            gradients, value = gradient(weights, inputs[:, rows], labels[:, rows])
            set_gradients(updater, gradients, rates)
            updater.step()
            total += value.detach().float() * inputs[:, rows].shape[1] / n
        if epoch in schedule.readouts:
            with torch.no_grad():
                outputs.append(answer(weights, queries).log_softmax(-1).cpu().numpy())
            losses.append(total.cpu().numpy())
    return np.stack(outputs, axis=1), np.stack(losses, axis=1)
