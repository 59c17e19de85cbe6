"""The gradient of a step's mean loss, micro-batch by micro-batch, equal to that of the whole batch.

mean over n terms = sum over micro-batches of (their summed loss / n), and the gradient likewise; terms are the labels,
or the predicted tokens where the objective is over whole sequences. Partial gradients are added in float32 at least: in
`.grad` for weights of that precision, in separate sums for bfloat16.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from iclgd_core.learners.gd.in_place.batches import MicroBatch
from iclgd_core.learners.gd.in_place.checkpointing import checkpointed
from iclgd_core.models.language.adapter import CausalModel

Parameters = Mapping[str, torch.nn.Parameter]


@contextmanager
def requiring_gradients(model: CausalModel, parameters: Parameters) -> Iterator[None]:
    """Within the context, these parameters require gradients and no other does; afterwards all is as before."""
    before = [(parameter, parameter.requires_grad) for parameter in model.module.parameters()]
    chosen = {id(parameter) for parameter in parameters.values()}
    try:
        for parameter, _ in before:
            parameter.requires_grad_(id(parameter) in chosen)
        yield
    finally:
        for parameter, required in before:
            parameter.requires_grad_(required)
        forget_gradients(parameters)


def forget_gradients(parameters: Parameters) -> None:
    """Let go of all gradients."""
    for parameter in parameters.values():
        parameter.grad = None


def step_gradients(
    model: CausalModel, parameters: Parameters, batches: Sequence[MicroBatch], checkpointing: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor | None]]:
    """Return the mean loss of a step and its gradient in every parameter (None where it plays no part).

    Peak: weights + one gradient a trained weight (float32 sums for bfloat16 weights in several micro-batches) +
    activations of one micro-batch.
    """
    sums: dict[str, torch.Tensor] = {}

    def add(name: str, gradient: torch.Tensor) -> None:
        if name in sums:
            sums[name].add_(gradient)
        else:
            sums[name] = gradient.float()

    low = any(parameter.dtype == torch.bfloat16 for parameter in parameters.values())
    if low and len(batches) > 1:
        return _backward(model, parameters, batches, checkpointing, add), {n: sums.get(n) for n in parameters}
    loss = _backward(model, parameters, batches, checkpointing, None)
    gradients = {name: parameter.grad for name, parameter in parameters.items()}
    forget_gradients(parameters)
    return loss, gradients


def step_at_once(
    model: CausalModel,
    parameters: Parameters,
    batch: MicroBatch,
    checkpointing: bool,
    use: Callable[[str, torch.Tensor | None], None],
) -> torch.Tensor:
    """Hand each gradient of a step of one micro-batch to `use` as soon as it is there, and let go of it.

    Weights that `use` changes are no longer needed by then: a gradient is complete only when the backward pass has left
    every operation that the weight takes part in (autograd raises if one still asks for it). Peak: weights + the
    gradient of one parameter + activations.

    Returns:
        The mean loss.
    """
    seen: set[str] = set()

    def once(name: str, gradient: torch.Tensor) -> None:
        seen.add(name)
        use(name, gradient)

    loss = _backward(model, parameters, [batch], checkpointing, once)
    for name in parameters:
        if name not in seen:
            use(name, None)
    return loss


def _backward(
    model: CausalModel,
    parameters: Parameters,
    batches: Sequence[MicroBatch],
    checkpointing: bool,
    take: Callable[[str, torch.Tensor], None] | None,
) -> torch.Tensor:
    """Run every micro-batch forward and backward; gradients stay in `.grad`, or go to `take` one by one."""

    def hook(name: str) -> Callable[[torch.Tensor], None]:
        def on_gradient(parameter: torch.Tensor) -> None:
            gradient, parameter.grad = parameter.grad, None
            if take is not None and gradient is not None:
                take(name, gradient)

        return on_gradient

    n = sum(batch.terms for batch in batches)
    total: torch.Tensor | None = None
    handles = []
    try:
        if take is not None:
            for name, parameter in parameters.items():
                register = parameter.register_post_accumulate_grad_hook
                handles.append(register(hook(name)))  # type: ignore[no-untyped-call]
        for batch in batches:
            with checkpointed(model.module, checkpointing):
                loss = batch.loss(model) / n
                torch.autograd.backward(loss)
            total = loss.detach() if total is None else total + loss.detach()
    finally:
        for handle in handles:
            handle.remove()
    if total is None:
        raise ValueError("a step needs at least one example")
    return total
