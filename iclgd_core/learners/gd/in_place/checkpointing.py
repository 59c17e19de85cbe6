"""Gradient checkpointing in evaluation mode: a layer's activations are made again in the backward pass, not kept.

transformers' own switch works in training mode alone, where dropout would change the loss; here the layers' forward is
wrapped for the time of a gradient, and nothing of the model is left changed. The same operations run on the same
numbers, so the gradient is that without checkpointing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer


def repeated_layers(module: PreTrainedModel) -> list[torch.nn.Module]:
    """Return the layers that a model repeats, each to be made again as a whole; none where none are known as such."""
    found = [layer for layer in module.modules() if isinstance(layer, GradientCheckpointingLayer)]
    inner = {id(part) for layer in found for part in layer.modules() if part is not layer}
    return [layer for layer in found if id(layer) not in inner]


@contextmanager
def checkpointed(module: PreTrainedModel, wanted: bool) -> Iterator[None]:
    """Within the context, the module's layers keep only their inputs for the backward pass, if `wanted`."""
    layers = repeated_layers(module) if wanted else []
    before = [layer.__dict__.get("forward") for layer in layers]
    for layer in layers:
        layer.__dict__["forward"] = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    try:
        yield
    finally:
        for layer, forward in zip(layers, before, strict=True):
            if forward is None:
                del layer.__dict__["forward"]
            else:
                layer.__dict__["forward"] = forward
