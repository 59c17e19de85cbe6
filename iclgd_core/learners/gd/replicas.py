"""Gradient descent on many copies of a small model at once, by one vectorised gradient (torch.func).

The model's own weights are never written, so that nothing has to be restored.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import vmap

from iclgd_core.evidence.progress import Steps
from iclgd_core.learners.gd.in_place.plan import activation_bytes, logit_bytes
from iclgd_core.learners.gd.objectives import logits_a_token
from iclgd_core.learners.gd.optimizers import Optimizer, Stack, epochs
from iclgd_core.learners.gd.replica_step import Trained, gradient_step, label_logits, newton_step
from iclgd_core.learners.gd.run import Run, steps_of
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, read_out, stacked
from iclgd_core.tasks.prompts import Prompt

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
REPLICA_BYTES = 2**30
"""Bytes of weights, gradients and optimizer state that one group of replicas may take: of 800 thousand weights 112 for
SGD, 67 for Adam, a sixth to a fifth less time a step than at a third of it, as calls into torch are shared by more."""

ACTIVATION_BYTES = 2**30
"""Bytes of activations that one group of replicas may take."""


DUALS = 3
"""Newton-like steps keep a forward pass for its reverse derivatives and make others with their forward derivatives."""


def in_replicas(model: CausalModel, part: Trained, optimizer: Optimizer, runs: Sequence[Run]) -> bool:
    """Return whether runs are computed as replicas: a model that vectorises, of which two or more fit a group."""
    module = model.module
    plain = is_plain(module.config._attn_implementation)  # torch.func vectorises no other
    fits = group_size(model, part, optimizer, runs) > 1
    exact = module.dtype != torch.bfloat16  # whose updates need more than rounding to the nearest
    return fits and plain and exact and not model.masked and model.behaviour.vectorises


def group_size(model: CausalModel, trained: Trained, optimizer: Optimizer, runs: Sequence[Run]) -> int:
    """Return how many replicas are trained together, at least 1.

    A function of the model, the settings and the prompts alone, never of free memory or workers.
    """
    parameters = dict(model.module.named_parameters())
    weights = (3 + optimizer.buffers) * sum(parameters[name].nbytes for name in trained)
    rows = min(optimizer.batch or len(runs[0].examples), len(runs[0].examples))
    longest = max(len(example.ids) for run in runs for example in run.examples)
    element = model.module.dtype.itemsize
    activations = activation_bytes(model.config, rows, longest, element, checkpointing=False)
    if logits := logits_a_token(runs[0].objective, int(model.config.get_text_config().num_hidden_layers)):
        activations += logit_bytes(model.config, rows * longest * logits, element)
    activations *= DUALS if optimizer.rule == "newton" else 1
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
        runs: sorted by learning rate, with equally many examples and queries and one objective.
        labels: token ids of labels, kept where the vocabulary is large.

    Yields:
        For each run, log-probs (readouts, queries, vocabulary) and losses (readouts,).
    """
    size = group_size(model, trained, optimizer, runs)
    _, steps = steps_of(optimizer, readouts[-1], runs, -(-len(runs) // size))
    for at in range(0, len(runs), size):
        group = runs[at : at + size]
        queries, queries_at = _stacked([run.queries for run in group], model.device)
        answer = vmap(label_logits(model, trained))
        outputs: list[LogProbs] = []
        losses: list[Floats] = []
        for weights, loss in _train_group(model, trained, optimizer, readouts, group, steps):
            with torch.no_grad():
                predicted = answer(weights, queries, queries_at).log_softmax(-1)
            outputs.append(_by_run(read_out(predicted.flatten(0, 1), labels), len(group)))
            losses.append(loss)
        for run in range(len(group)):
            yield stacked([out[run] for out in outputs]), np.stack([loss[run] for loss in losses])


def replica_weights(
    model: CausalModel, trained: Trained, optimizer: Optimizer, epochs: int, runs: Sequence[Run]
) -> Iterator[Stack]:
    """Train a replica for each run and yield its trained parameters by name after so many epochs; see above."""
    size = group_size(model, trained, optimizer, runs)
    _, steps = steps_of(optimizer, epochs, runs, -(-len(runs) // size))
    for at in range(0, len(runs), size):
        group = runs[at : at + size]
        for weights, _ in _train_group(model, trained, optimizer, (epochs,), group, steps):
            for run in range(len(group)):
                yield {name: weight[run] for name, weight in weights.items()}


def _train_group(
    model: CausalModel,
    trained: Trained,
    optimizer: Optimizer,
    readouts: Sequence[int],
    runs: Sequence[Run],
    steps: Steps,
) -> Iterator[tuple[Stack, Floats]]:
    """Yield the stacked weights and the losses (runs,) at every readout; the weights are trained on afterwards."""
    module, device, n_runs, objective = model.module, model.device, len(runs), runs[0].objective
    rates = [run.learning_rate for run in runs]
    inputs, inputs_at = _stacked([run.examples for run in runs], device)
    targets = torch.from_numpy(np.stack([run.targets for run in runs])).to(device)
    masks = {name: mask.to(device) for name, mask in trained.items() if mask is not None}
    start = {name: p.detach() for name, p in module.named_parameters()}
    weights = {name: start[name].expand(n_runs, *start[name].shape).clone() for name in trained}
    newton = optimizer.rule == "newton"
    step = newton_step(model, trained, objective, masks) if newton else gradient_step(model, trained, objective)
    gradient = vmap(step)

    def on(rows: slice) -> tuple[Stack, torch.Tensor]:
        gradients, losses = gradient(weights, inputs[:, rows], inputs_at[:, rows], targets[:, rows])
        for name, mask in masks.items():
            gradients[name] = gradients[name] * mask
        return gradients, losses.float()

    for losses in epochs(on, weights, optimizer, rates, inputs.shape[1], readouts, steps):
        yield weights, losses.cpu().numpy()


def _by_run(flat: LogProbs, runs: int) -> LogProbs:
    if isinstance(flat, TopLogProbs):
        return flat.reshape(runs, -1)
    return flat.reshape(runs, -1, flat.shape[-1])


def _stacked(prompts: Sequence[Sequence[Prompt]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids (runs, prompts, longest) and readouts (runs, prompts)."""
    ids, readouts, _ = padded([prompt for row in prompts for prompt in row], 0, device)
    return ids.reshape(len(prompts), -1, ids.shape[1]), readouts.reshape(len(prompts), -1)
