"""An independent reference for gradient descent: one deep copy of the model and one torch optimizer a run."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.tasks import Episode

BATCH = {"gd": None, "sgd1": 1, "sgd2": 2, "sgd4": 4, "adam1": 1, "adam": None}


def plain_loop(
    model: CausalModel,
    symbols: tuple[str, ...],
    episode: Episode,
    order: NDArray[np.int64],
    optimizer: str,
    rate: float,
    readouts: tuple[int, ...],
    only: str = "",
) -> tuple[NDArray[np.float64], list[float]]:
    """Train a copy as a textbook does; return log-probs (readouts, queries, V) and the losses of those epochs."""
    module = copy.deepcopy(model.module)
    vocabulary = model.tokenizer.get_vocab()
    token = torch.tensor([vocabulary[s] for s in symbols])
    inputs = token[torch.from_numpy(episode.demonstrations[order])]
    labels = token[torch.from_numpy(episode.labels[order])]
    queries = token[torch.from_numpy(episode.queries)]
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not only or name == only)
    trained = [p for p in module.parameters() if p.requires_grad]
    make = torch.optim.Adam if optimizer.startswith("adam") else torch.optim.SGD
    step = make(trained, lr=rate)
    outputs, losses = [], []
    size = BATCH[optimizer] or len(order)
    for epoch in range(1, readouts[-1] + 1):
        total = 0.0
        for x, y in zip(torch.split(inputs, size), torch.split(labels, size), strict=True):
            step.zero_grad()
            loss = torch.nn.functional.cross_entropy(module(x, use_cache=False).logits[:, -1], y)
            loss.backward()  # type: ignore[no-untyped-call]
            step.step()
            total += float(loss.detach()) * len(x)
        if epoch in readouts:
            with torch.no_grad():
                outputs.append(module(queries, use_cache=False).logits[:, -1].double().log_softmax(-1).numpy())
            losses.append(total / len(order))
    return np.stack(outputs), losses
