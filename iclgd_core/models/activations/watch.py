"""Watching the attention blocks of a forward pass, whatever the architecture.

What goes into a block is read at its query projection, what comes out at its output projection (before the residual),
and scores at the softmax between the two: queries and keys are then rotated, scaled and masked as the model does it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.func import functional_call
from torch.overrides import TorchFunctionMode
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.activations.layers import layers_of
from iclgd_core.models.language.attention import is_plain
from iclgd_core.models.language.readout import readout_at

Weights = Mapping[str, torch.Tensor]
"""Parameters by name that stand in for the model's own, for example those of a fine-tuned one."""

Sink = Callable[[int, torch.Tensor], None]
"""Takes what was seen in a layer, (rows, ...)."""

SOFTMAXES: frozenset[Any] = frozenset((torch.softmax, torch.nn.functional.softmax, torch.Tensor.softmax))


def forward(
    module: PreTrainedModel,
    ids: torch.Tensor,
    weights: Weights | None,
    *,
    inputs: Sink | None = None,
    outputs: Sink | None = None,
    scores: Sink | None = None,
) -> None:
    """Run one forward pass and hand over what the attention blocks show, layer by layer.

    Args:
        module: a causal language model, in evaluation mode; its weights stay as they are.
        ids: token ids, (rows, tokens), padded on the right.
        weights: stand in for the module's own parameters; None for these.
        inputs: takes each block's input behind the layer norm, (rows, tokens, d).
        outputs: takes each block's output behind the output projection, before the residual, (rows, tokens, d).
        scores: takes q . k, scaled and masked, before the softmax, (rows, heads, tokens, tokens).

    Raises:
        ModelError: projections that were not found, or a block in which no softmax over scores was seen.
    """
    last = torch.full((len(ids),), ids.shape[1] - 1, device=ids.device)
    with torch.inference_mode(), _eager(module, scores is not None), _watched(module, inputs, outputs, scores):
        with readout_at(module, last):  # the logits of one position; nobody reads them
            functional_call(module, dict(weights or {}), (ids,), {"use_cache": False})


@contextmanager
def _watched(module: PreTrainedModel, inputs: Sink | None, outputs: Sink | None, scores: Sink | None) -> Iterator[None]:
    sizes, layers = layers_of(module)
    seen = _Softmax(sizes.heads, scores)
    handles = []
    for i, layer in enumerate(layers):
        query = module.get_submodule(layer["q"].parameter.removesuffix(".weight"))
        output = module.get_submodule(layer["o"].parameter.removesuffix(".weight"))
        handles.append(query.register_forward_pre_hook(_on_entry(i, seen, inputs)))
        handles.append(output.register_forward_hook(_on_exit(i, seen, outputs)))
    try:
        with seen:
            yield
        if scores is not None and len(seen.layers) < len(layers):
            missed = sorted(set(range(len(layers))) - seen.layers)
            raise ModelError(
                f"the attention of a {type(module).__name__} shows no scores in layers {missed}: it does not call "
                "torch's softmax over (rows, heads, tokens, tokens). Use an architecture with plain softmax attention."
            )
    finally:
        for handle in handles:
            handle.remove()


class _Softmax(TorchFunctionMode):
    """Sees the argument of a softmax while a layer's attention is computed."""

    def __init__(self, heads: int, sink: Sink | None) -> None:
        super().__init__()
        self.heads, self.sink = heads, sink
        self.layer: int | None = None
        self.layers: set[int] = set()

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.sink is not None and self.layer is not None and func in SOFTMAXES:
            argument = args[0] if args else kwargs["input"]
            if argument.ndim == 4 and argument.shape[1] == self.heads and argument.shape[-1] == argument.shape[-2]:
                self.layers.add(self.layer)
                self.sink(self.layer, argument)
        return func(*args, **kwargs)


def _on_entry(layer: int, seen: _Softmax, sink: Sink | None) -> Callable[..., None]:
    def hook(_: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        seen.layer = layer
        if sink is not None:
            sink(layer, arguments[0])

    return hook


def _on_exit(layer: int, seen: _Softmax, sink: Sink | None) -> Callable[..., None]:
    def hook(_: torch.nn.Module, __: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        seen.layer = None
        if sink is not None:
            sink(layer, out)

    return hook


@contextmanager
def _eager(module: PreTrainedModel, wanted: bool) -> Iterator[None]:
    """Compute attention in plain operations meanwhile: a fused kernel shows no scores."""
    before = str(module.config._attn_implementation)
    if not wanted or is_plain(before):
        yield
        return
    module.set_attn_implementation("eager")
    try:
        yield
    finally:
        module.set_attn_implementation(before)
