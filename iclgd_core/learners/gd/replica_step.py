"""What one replica answers and how it steps, as functions of its trained weights, for torch.func to vectorise."""

from collections.abc import Callable, Mapping

import torch
from torch.func import functional_call, grad_and_value

from iclgd_core.learners.gd.newton import direction
from iclgd_core.learners.gd.objectives import LABELS, predicted_tokens, sequence_loss
from iclgd_core.learners.gd.optimizers import Stack
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.readout import at_least_float32, readout_at

Trained = Mapping[str, torch.Tensor | None]
"""Parameters that are trained, each with a mask of its trained entries; None for all."""

Logits = Callable[[Stack, torch.Tensor, torch.Tensor], torch.Tensor]
Step = Callable[[Stack, torch.Tensor, torch.Tensor, torch.Tensor], tuple[Stack, torch.Tensor]]


def label_logits(model: CausalModel, trained: Trained) -> Logits:
    """Return the logits (prompts, vocabulary) at the readouts as a function of a replica's trained weights."""
    module, frozen = model.module, _frozen(model, trained)

    def logits(own: Stack, ids: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        # a mask of ones: without one, some architectures look for padding among the token ids, which vmap cannot do
        arguments = {"use_cache": False, "attention_mask": torch.ones_like(ids)}
        with readout_at(module, at):
            out = functional_call(module, (frozen, own), (ids,), arguments).logits
        return at_least_float32(out[:, 0])

    return logits


def _frozen(model: CausalModel, trained: Trained) -> Stack:
    return {name: p.detach() for name, p in model.module.named_parameters() if name not in trained}


def gradient_step(model: CausalModel, trained: Trained, objective: str) -> Step:
    """Return gradient and loss of one replica, from its weights, token ids, readouts and targets."""
    module, frozen, logits = model.module, _frozen(model, trained), label_logits(model, trained)

    def loss(own: Stack, ids: torch.Tensor, at: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if objective == LABELS:
            return torch.nn.functional.cross_entropy(logits(own, ids, at), target)
        return sequence_loss(objective, module, {**frozen, **own}, ids, at)

    return grad_and_value(loss)


def newton_step(model: CausalModel, trained: Trained, objective: str, masks: Stack) -> Step:
    """Return the negative of a Newton-like direction, and the loss, in the form of a gradient."""
    module, frozen, logits = model.module, _frozen(model, trained), label_logits(model, trained)

    def step(own: Stack, ids: torch.Tensor, at: torch.Tensor, target: torch.Tensor) -> tuple[Stack, torch.Tensor]:
        if objective == LABELS:
            shares = torch.full_like(target, 1, dtype=module.dtype) / len(target)
            found, loss = direction(lambda w: logits(w, ids, at), own, target, shares, masks)
        else:

            def every(w: Stack) -> torch.Tensor:
                return predicted_tokens(module, {**frozen, **w}, ids, at)[0].flatten(0, 1)

            there = (torch.arange(1, ids.shape[1], device=ids.device) <= at[:, None]).to(module.dtype).flatten()
            found, loss = direction(every, own, ids[:, 1:].flatten(), there / there.sum(), masks)
        return {name: -value for name, value in found.items()}, loss

    return step
