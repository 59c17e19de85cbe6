"""Gradient descent on many copies of a small model at once, by one vectorised gradient (torch.func).

The model's own weights are never written, so that nothing has to be restored.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call, grad_and_value, vmap

from iclgd_core.learners.in_place.plan import activation_bytes
from iclgd_core.learners.optimizers import Optimizer, set_gradients, torch_optimizer
from iclgd_core.learners.run import Run
from iclgd_core.models.adapter import CausalModel
from iclgd_core.models.answering import padded
from iclgd_core.models.readout import at_least_float32, readout_at
from iclgd_core.predictions import LogProbs, TopLogProbs, read_out, stacked
from iclgd_core.tasks.prompts import Prompt

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Trained = Mapping[str, torch.Tensor | None]
"""Parameters that are trained, each with a mask of its trained entries; None for all."""

REPLICA_BYTES = 320 * 2**20
"""Bytes of weights, gradients and optimizer state that one group of replicas may take."""

ACTIVATION_BYTES = 2**30
"""Bytes of activations that one group of replicas may take."""


def group_size(model: CausalModel, trained: Trained, optimizer: Optimizer, runs: Sequence[Run]) -> int:
    """Return how many replicas are trained together, at least 1.

    A function of the model, the settings and the prompts alone, never of free memory or workers.
    """
    parameters = dict(model.module.named_parameters())
    copies = 5 if optimizer.rule == "adam" else 3
    weights = copies * sum(parameters[name].nbytes for name in trained)
    rows = min(optimizer.batch or len(runs[0].examples), len(runs[0].examples))
    longest = max(len(example.ids) for run in runs for example in run.examples)
    element = model.module.dtype.itemsize
    activations = activation_bytes(model.config, rows, longest, element, checkpointing=False)
    return max(1, min(REPLICA_BYTES // weights, ACTIVATION_BYTES // activations))


def train_replicas(
    model: CausalModel,
    trained: Trained,
    optimizer: Optimizer,
    readouts: Sequence[int],
    runs: Sequence[Run],
    labels: Ints,
) -> Iterator[tuple[LogProbs, Floats]]:
    """Train a replica for each run and answer its queries at every readout.

    Args:
        model: the model to start from.
        trained: what is trained.
        optimizer: update rule and batch size.
        readouts: epochs, ascending.
        runs: sorted by learning rate, with equally many examples and queries.
        labels: token ids of labels, kept where the vocabulary is large.

    Yields:
        For each run, log-probs (readouts, queries, vocabulary) and losses (readouts,).
    """
    size = group_size(model, trained, optimizer, runs)
    for at in range(0, len(runs), size):
        yield from _train_group(model, trained, optimizer, readouts, runs[at : at + size], labels)


def _train_group(
    model: CausalModel,
    trained: Trained,
    optimizer: Optimizer,
    readouts: Sequence[int],
    runs: Sequence[Run],
    labels: Ints,
) -> Iterator[tuple[LogProbs, Floats]]:
    module, device, n_runs = model.module, model.device, len(runs)
    rates = [run.learning_rate for run in runs]
    inputs, inputs_at = _stacked([run.examples for run in runs], device)
    queries, queries_at = _stacked([run.queries for run in runs], device)
    targets = torch.from_numpy(np.stack([run.targets for run in runs])).to(device)
    start = {name: p.detach() for name, p in module.named_parameters()}
    frozen = {name: p for name, p in start.items() if name not in trained}
    masks = {name: mask.to(device) for name, mask in trained.items() if mask is not None}
    weights = {name: start[name].expand(n_runs, *start[name].shape).clone() for name in trained}

    def logits(own: dict[str, torch.Tensor], ids: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        # a mask of ones: without one, some architectures look for padding among the token ids, which vmap cannot do
        arguments = {"use_cache": False, "attention_mask": torch.ones_like(ids)}
        with readout_at(module, at):
            out = functional_call(module, (frozen, own), (ids,), arguments).logits
        return at_least_float32(out[:, 0])

    def loss(own: dict[str, torch.Tensor], ids: torch.Tensor, at: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits(own, ids, at), target)

    gradient = vmap(grad_and_value(loss))
    answer = vmap(logits)
    updater = torch_optimizer(optimizer, weights, rates)
    n = inputs.shape[1]
    batch = optimizer.batch or n
    outputs: list[LogProbs] = []
    losses: list[Floats] = []
    for epoch in range(1, readouts[-1] + 1):
        total = torch.zeros(n_runs, device=device)
        for at in range(0, n, batch):
            rows = slice(at, at + batch)
            gradients, value = gradient(weights, inputs[:, rows], inputs_at[:, rows], targets[:, rows])
            for name, mask in masks.items():
                gradients[name] = gradients[name] * mask
            set_gradients(updater, gradients, rates)
            updater.step()
            total += value.detach().float() * inputs[:, rows].shape[1] / n
        if epoch in readouts:
            with torch.no_grad():
                predicted = answer(weights, queries, queries_at).log_softmax(-1)
            outputs.append(_by_run(read_out(predicted.flatten(0, 1), labels), n_runs))
            losses.append(total.cpu().numpy())
    for run in range(n_runs):
        yield stacked([out[run] for out in outputs]), np.array([loss[run] for loss in losses], dtype=np.float32)


def _by_run(flat: LogProbs, runs: int) -> LogProbs:
    if isinstance(flat, TopLogProbs):
        return flat.reshape(runs, -1)
    return flat.reshape(runs, -1, flat.shape[-1])


def _stacked(prompts: Sequence[Sequence[Prompt]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids (runs, prompts, longest) and readouts (runs, prompts)."""
    ids, readouts, _ = padded([prompt for row in prompts for prompt in row], 0, device)
    return ids.reshape(len(prompts), -1, ids.shape[1]), readouts.reshape(len(prompts), -1)
