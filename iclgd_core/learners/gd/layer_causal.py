"""Layer-causal loss: every layer predicts the next token by itself, and learns from its own prediction alone.

The gradient of a layer then does not depend on the layers above it, as in a forward pass (arXiv 2311.07772,
section 4.4). The paper and its published code differ:

    paper   sum over layers l of CE( U( Attn(W_V SG(X_l), W_K SG(X_l), SG(q_l)) ), next token )
    code    sum over layers l of CE( U( block_l( SG(h_l) ) ), next token )

with SG the stop-gradient, h_l the input of layer l and X_l that of its attention (behind its norm), block_l the whole
layer (attention, residual stream, feed-forward), and U the model's own way from its last layer to its logits (final
norm and output layer), frozen. Attn ends in the output projection W_O, without which U could not read it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch.func import functional_call
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.models.architectures.finding import WeightPlace, find_layers, find_names, text_config
from iclgd_core.models.language.readout import at_least_float32

Form = Literal["paper", "code"]
READINGS: tuple[Form, ...] = ("paper", "code")
"""The loss as the paper prints it, and as its published code computes it."""


@dataclass(frozen=True, eq=False)
class LayerPaths:
    """Where one layer's modules are, by their paths in the model: the layer, its attention, and W_Q there.

    Attributes:
        layer, attention: the whole layer, and its attention.
        projection: what computes queries, perhaps with keys and values.
        query: which of its outputs are queries.
    """

    layer: str
    attention: str
    projection: str
    query: WeightPlace


def layer_causal_loss(
    module: PreTrainedModel,
    parameters: Mapping[str, torch.Tensor],
    ids: torch.Tensor,
    attention_mask: torch.Tensor,
    form: Form,
) -> torch.Tensor:
    """Return the layer-causal loss in nats: the SUM over layers of the MEAN over tokens of the cross-entropy.

    It works under `torch.func` (grad, vmap) with eager attention, and by ordinary autograd. Parameters outside the
    layers (embeddings, final norm, output layer) get no gradient, in either form; in the paper's, nor do queries,
    norms and feed-forward layers. Which of the others are trained is for the caller to say.

    Args:
        module: a causal language model with attention in every layer (Llama, GPT-J, ...).
        parameters: of the module, by name, as for `functional_call`; those that are missing are its own.
        ids: token ids, (batch, length), padded on the right, at least two tokens.
        attention_mask: 1 where a token stands, 0 at padding, (batch, length).
        form: "paper" or "code".

    Returns:
        A scalar >= 0. A row weighs as many tokens as it predicts.

    Raises:
        UnknownNameError: no such form.
        ModelError: a masked language model, or one whose layers, or attention in some of them, were not found.
    """
    logits = layer_logits(module, parameters, ids, attention_mask, form)
    layers = logits.shape[0]
    targets = ids[:, 1:].expand(layers, -1, -1)
    there = attention_mask[:, 1:].to(logits.dtype)
    each = torch.nn.functional.cross_entropy(logits[:, :, :-1].flatten(0, 2), targets.flatten(), reduction="none")
    return (each.reshape(targets.shape) * there).sum() / there.sum()


def layer_logits(
    module: PreTrainedModel,
    parameters: Mapping[str, torch.Tensor],
    ids: torch.Tensor,
    attention_mask: torch.Tensor,
    form: Form,
) -> torch.Tensor:
    """Return each layer's own prediction U(...), (layers, batch, length, vocabulary); otherwise as the loss.

    In the code's form the last layer's are the model's logits.
    """
    if form not in READINGS:
        raise UnknownNameError("form of the layer-causal loss", form, READINGS)
    layers = layer_paths(module)
    inside = tuple(f"{paths.layer}." for paths in layers)
    own = {**dict(module.named_parameters()), **parameters}
    stopped = {name: value if name.startswith(inside) else value.detach() for name, value in own.items()}
    arguments = {"use_cache": False, "attention_mask": attention_mask}
    with _every_layer_read(module, layers, form):
        out: torch.Tensor = functional_call(module, stopped, (ids,), arguments).logits
    return at_least_float32(out).reshape(len(layers), *ids.shape, -1)


def layer_paths(module: PreTrainedModel) -> list[LayerPaths]:
    """Return where the layers of a model are, in order.

    Raises:
        ModelError: a masked language model, layers that were not found, or layers without attention among them.
    """
    entry, names = find_names(module)
    if entry.masked:
        raise ModelError(
            f"a {type(module).__name__} is a masked language model, which predicts no next token; the layer-causal "
            "loss needs a causal one (Llama, GPT-J)."
        )
    count = int(text_config(module).num_hidden_layers)
    if len(names) != count:
        raise ModelError(
            f"the layer-causal loss needs attention in every layer; a {type(module).__name__} has {count} layers, and "
            f"attention was found in {len(names)}. Use a plain decoder (Llama, GPT-J)."
        )
    first, behind = entry.projections.names[0], entry.attention.split("{}")[1]
    paths = []
    for layer in find_layers(module)[1]:
        projection = layer["q"].parameter.removesuffix(".weight")
        attention = projection.removesuffix(f".{first}")
        paths.append(LayerPaths(attention.removesuffix(behind), attention, projection, layer["q"]))
    return paths


@contextmanager
def _every_layer_read(module: PreTrainedModel, layers: list[LayerPaths], form: Form) -> Iterator[None]:
    """Within the context the way from the last layer to the logits gets every layer's vectors, stacked as rows."""
    vectors: list[torch.Tensor] = []

    def keep(_: torch.nn.Module, __: tuple[Any, ...], out: Any) -> None:
        vectors.append(out[0] if isinstance(out, tuple) else out)

    def hand_over(_: torch.nn.Module, __: tuple[Any, ...], out: Any) -> Any:
        every = torch.cat(vectors)
        return (every, *out[1:]) if isinstance(out, tuple) else every

    with ExitStack() as stack:

        def hooked(handle: RemovableHandle) -> None:
            stack.callback(handle.remove)

        for paths in layers:
            read = module.get_submodule(paths.layer if form == "code" else paths.attention)
            hooked(read.register_forward_pre_hook(_stop_input, with_kwargs=True))
            hooked(read.register_forward_hook(keep))
            if form == "paper":
                hooked(module.get_submodule(paths.projection).register_forward_hook(_stopper(paths.query)))
        hooked(module.get_submodule(layers[-1].layer).register_forward_hook(hand_over))
        yield


def _stop_input(
    _: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Stop the gradient of a layer's (or attention's) input, which comes first or by the name `hidden_states`."""
    if args:
        return (args[0].detach(), *args[1:]), kwargs
    return args, {**kwargs, "hidden_states": kwargs["hidden_states"].detach()}


def _stopper(query: WeightPlace) -> Callable[[torch.nn.Module, tuple[Any, ...], torch.Tensor], torch.Tensor]:
    """Return a hook that stops the gradient of queries among a projection's outputs."""

    def stop(_: torch.nn.Module, __: tuple[Any, ...], out: torch.Tensor) -> torch.Tensor:
        if query.rows is None:
            return out.detach()
        queries = torch.zeros(out.shape[-1], dtype=torch.bool, device=out.device)
        queries[query.rows.to(out.device)] = True
        return torch.where(queries, out.detach(), out)

    return stop
