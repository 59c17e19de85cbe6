"""Runs of gradient descent small enough for a test: examples of unequal length, drawn at random."""

from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.learners.gd.run import Run
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.tasks.prompts import Prompt

LENGTHS = (5, 7, 3, 9, 5)
LABELS = np.array([0, 1], dtype=np.int64)


def prompts(lengths: Sequence[int], seed: int, vocabulary: int, readouts: Sequence[int] | None = None) -> list[Prompt]:
    rng = np.random.default_rng(seed)
    at = readouts if readouts is not None else [length - 1 for length in lengths]
    return [Prompt(rng.integers(0, vocabulary, size=n), readout) for n, readout in zip(lengths, at, strict=True)]


def small_run(
    rate: float = 0.05, lengths: Sequence[int] = LENGTHS, *, seed: int = 0, vocabulary: int = 14, masked: bool = False
) -> Run:
    """Return a run; a masked model's labels stand somewhere within the prompts."""
    at = [length // 2 for length in lengths] if masked else None
    targets = np.random.default_rng(seed + 1).integers(0, vocabulary, size=len(lengths))
    queries = prompts((4, 6), seed + 2, vocabulary, [2, 3] if masked else None)
    return Run(prompts(lengths, seed, vocabulary, at), targets, queries, rate, seed)


def whole(model: CausalModel) -> dict[str, torch.Tensor | None]:
    return {name: None for name, _ in model.module.named_parameters()}


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    """Return copies of all tensors of the model."""
    return {name: tensor.detach().clone() for name, tensor in model.module.state_dict().items()}


def asking(model: CausalModel, run: Run) -> Callable[[], NDArray[np.float32]]:
    """Return what asks the run's queries, (queries, vocabulary)."""
    return lambda: np.asarray(model.log_probs([run.queries], LABELS)[0])


def textbook(
    model: CausalModel, run: Run, rule: str, batch: int | None, readouts: Sequence[int], trained: Sequence[str]
) -> tuple[NDArray[np.float64], list[float], dict[str, torch.Tensor]]:
    """Train a deep copy, example by example without padding, with torch's optimizer: answers, losses, weights."""
    module = deepcopy(model.module)
    own = dict(module.named_parameters())
    for name, parameter in own.items():
        parameter.requires_grad_(name in trained)
    chosen = [own[name] for name in trained]
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(chosen, lr=run.learning_rate)
        if rule == "adam"
        else torch.optim.SGD(
            chosen, lr=run.learning_rate, momentum=0.0 if rule == "sgd" else 0.9, nesterov=rule == "nesterov"
        )
    )

    def log_probs(prompt: Prompt) -> torch.Tensor:
        logits: torch.Tensor = module(torch.from_numpy(prompt.ids)[None]).logits[0, prompt.readout]
        return logits.double().log_softmax(-1)

    answers, losses, n = [], [], len(run.examples)
    for epoch in range(1, readouts[-1] + 1):
        total = 0.0
        for at in range(0, n, batch or n):
            rows = range(at, min(at + (batch or n), n))
            optimizer.zero_grad()
            loss = torch.stack([-log_probs(run.examples[row])[run.targets[row]] for row in rows]).mean()
            torch.autograd.backward(loss)
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        if epoch in readouts:
            with torch.no_grad():
                answers.append(np.stack([log_probs(query).numpy() for query in run.queries]))
            losses.append(total / n)
    return np.stack(answers), losses, {name: weight.detach() for name, weight in own.items()}
