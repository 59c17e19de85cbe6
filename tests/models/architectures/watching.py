"""What a model's own attention computes, read from its hooks, its cache and its attention weights: not from slices."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from tests.models.architectures.toys import VOCABULARY

_OUTPUT = re.compile(r"(attn|attention)\b.*\.(o_proj|out_proj|out_lin|dense|c_proj)$")
"""The linear layer behind the heads, in every family."""


@dataclass
class Seen:
    """Tensors of one forward pass, by layer: in and out of the linear layer behind the heads."""

    heads: list[torch.Tensor] = field(default_factory=list)
    outputs: list[torch.Tensor] = field(default_factory=list)


def tokens(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    """Return random token ids (rows, length), none of them special."""
    return torch.randint(3, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed))


def output_layers(module: PreTrainedModel) -> list[torch.nn.Module]:
    """Return the linear layer behind the heads, layer by layer."""
    return [layer for name, layer in module.named_modules() if _OUTPUT.search(name)]


@contextmanager
def watched(module: PreTrainedModel) -> Iterator[Seen]:
    """Record what goes through the linear layers behind the heads."""
    seen = Seen()

    def keep(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        seen.heads.append(inputs[0].detach().clone())
        seen.outputs.append(output.detach().clone())

    handles = [layer.register_forward_hook(keep) for layer in output_layers(module)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def inputs_of(module: PreTrainedModel, parameter: str) -> Iterator[list[torch.Tensor]]:
    """Record the input of the linear layer that owns a parameter."""
    seen: list[torch.Tensor] = []
    owner = module.get_submodule(parameter.rpartition(".")[0])
    handle = owner.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    try:
        yield seen
    finally:
        handle.remove()


def attention_weights(module: PreTrainedModel, ids: torch.Tensor, *, still: bool = False) -> list[torch.Tensor]:
    """Return the attention weights (rows, heads, tokens, tokens) of each layer.

    Args:
        module: the model.
        ids: token ids.
        still: with every token at position 0, so that rotary positions turn nothing.
    """
    arguments: dict[str, Any] = {"attention_mask": torch.ones_like(ids), "output_attentions": True}
    if still and "position_ids" in inspect.signature(module.forward).parameters:
        arguments["position_ids"] = torch.zeros_like(ids)
    with torch.no_grad():
        return [weights.clone() for weights in module(ids, **arguments).attentions]
