"""Finding the attention projections of a model, by its entry in the table or else by their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from transformers import PretrainedConfig, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.entry import Architecture, Fused, Separate
from iclgd_core.models.architectures.rows import Sizes
from iclgd_core.models.architectures.table import TABLE

Which = Literal["q", "k", "v", "o"]

_BY_NAME = re.compile(r"(?:^|\.)(?P<layers>\w+)\.\d+\.(?P<attention>\w+(?:\.\w+)?)\.q_proj\.weight$")


@dataclass(frozen=True, eq=False)
class WeightPlace:
    """Where one projection is.

    Attributes:
        parameter: name of the parameter that holds it.
        rows: its rows in the matrix (outputs, inputs); None for all of them.
        input_major: whether the parameter is stored (inputs, outputs).
    """

    parameter: str
    rows: torch.Tensor | None = None
    input_major: bool = False

    def read(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the projection (outputs, inputs) from its parameter, as a view or a copy."""
        matrix = weight.T if self.input_major else weight
        return matrix if self.rows is None else matrix[self.rows.to(matrix.device)]

    def mask(self, weight: torch.Tensor) -> torch.Tensor | None:
        """Return which entries of its parameter are the projection's, broadcastable; None for all of them."""
        if self.rows is None:
            return None
        own = torch.zeros(weight.shape[1 if self.input_major else 0], dtype=torch.bool)
        own[self.rows] = True
        return (own[None, :] if self.input_major else own[:, None]).to(weight.device)

    def write(self, weight: torch.Tensor, matrix: torch.Tensor) -> None:
        """Set the projection in its parameter to `matrix` (outputs, inputs); the rest stays as it is."""
        with torch.no_grad():
            target = weight.T if self.input_major else weight
            rows = slice(None) if self.rows is None else self.rows.to(weight.device)
            target[rows] = matrix.to(weight)


Layer = dict[Which, WeightPlace]


def text_config(module: PreTrainedModel) -> PretrainedConfig:
    """Return the configuration of a model's text part: its own, or the nested one of a multimodal model."""
    config: PretrainedConfig = module.config.get_text_config(decoder=True)
    return config


def architecture_of(module: PreTrainedModel) -> Architecture:
    """Return a model's entry in the table, or one made by the names of its projections.

    Raises:
        ModelError: not in the table, and no single family of q_proj, k_proj, v_proj and o_proj or out_proj.
    """
    entry = TABLE.get(text_config(module).model_type)
    return entry if entry is not None else _by_name(module)


def _by_name(module: PreTrainedModel) -> Architecture:
    names = list(_text_parameters(module))
    found = {match.group("layers", "attention") for name in names if (match := _BY_NAME.search(name))}
    if len(found) != 1:
        raise not_found(module)
    layers, attention = found.pop()
    output = "out_proj" if any(name.endswith(f".{attention}.out_proj.weight") for name in names) else "o_proj"
    model_type = str(text_config(module).model_type)
    return Architecture(
        model_type,
        f"{model_type} (by name, not in the table)",
        f"{layers}.{{}}.{attention}",
        Separate(output=output),
        positions="unknown",
        vectorises=False,
        reuses_prefix=False,
        pads_right=False,
        sdpa=False,
        listed=False,
    )


def find_names(module: PreTrainedModel) -> tuple[Architecture, list[dict[str, str]]]:
    """Return a model's entry and, for every layer with attention, parameter names by the entry's names of weights.

    Raises:
        ModelError: some of them were not found.
    """
    entry = architecture_of(module)
    prefix = re.escape(entry.attention).replace(r"\{\}", r"(\d+)")
    pattern = re.compile(rf"(?:^|\.){prefix}\.(.+)\.weight$")
    needed = set(entry.projections.names)
    layers: dict[int, dict[str, str]] = {}
    for name in _text_parameters(module):
        if (match := pattern.search(name)) and match[2] in needed:
            own = layers.setdefault(int(match[1]), {})
            if match[2] in own:
                raise not_found(module)
            own[match[2]] = name
    if not layers or any(set(own) != needed for own in layers.values()):
        raise not_found(module)
    return entry, [layers[i] for i in sorted(layers)]


def find_layers(module: PreTrainedModel) -> tuple[Sizes, list[Layer]]:
    """Return the sizes and places of the projections of every layer with attention, in the order of layers.

    Raises:
        ModelError: they were not found, or their shapes do not fit the configuration.
    """
    entry, named = find_names(module)
    weights, where = dict(module.named_parameters()), entry.projections
    sizes = _sizes(module, entry, weights[named[0][where.names[0]]])
    if isinstance(where, Fused):
        parts, turned = where.rows(sizes), where.input_major
        layers: list[Layer] = [
            {
                "q": WeightPlace(own[where.weight], parts.query, turned),
                "k": WeightPlace(own[where.weight], parts.key, turned),
                "v": WeightPlace(own[where.weight], parts.value, turned),
                "o": WeightPlace(own[where.output], None, turned),
            }
            for own in named
        ]
    else:
        layers = [
            {
                "q": WeightPlace(own[where.query]),
                "k": WeightPlace(own[where.key]),
                "v": WeightPlace(own[where.value]),
                "o": WeightPlace(own[where.output]),
            }
            for own in named
        ]
    for layer in layers:
        _check(module, layer, weights, sizes)
    return sizes, layers


def _text_parameters(module: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Return the parameters of a model's text part by their names in the whole model."""
    decoder: torch.nn.Module = module.get_decoder()  # type: ignore[no-untyped-call]
    own = {id(weight) for weight in decoder.parameters()}
    return {name: weight for name, weight in module.named_parameters() if id(weight) in own}


def _sizes(module: PreTrainedModel, entry: Architecture, weight: torch.Tensor) -> Sizes:
    """Return the sizes of a layer, the side of a head by the rows of its first matrix."""
    config, where = text_config(module), entry.projections
    heads = getattr(config, "num_attention_heads", None)
    if not isinstance(heads, int) or heads < 1:
        raise ModelError(f"num_attention_heads of a {type(module).__name__} must be a positive integer, is {heads!r}.")
    groups = entry.groups(config)
    turned = isinstance(where, Fused) and where.input_major
    n_heads = heads + 2 * groups if isinstance(where, Fused) else heads
    shape = tuple(weight.shape)
    if len(shape) != 2 or groups < 1 or heads % groups or shape[1 if turned else 0] % n_heads:
        raise _misfit(module, shape, heads, groups)
    return Sizes(heads, groups, shape[1 if turned else 0] // n_heads)


def _check(module: PreTrainedModel, layer: Layer, weights: Mapping[str, torch.Tensor], sizes: Sizes) -> None:
    heads, groups, side = sizes
    outputs = {"q": heads * side, "k": groups * side, "v": groups * side}
    n_rows = (heads + 2 * groups) * side
    for which, place in layer.items():
        own = tuple(weights[place.parameter].shape)
        shape = own[::-1] if place.input_major else own
        wanted = outputs.get(which) if place.rows is None else n_rows
        fits = len(shape) == 2 and (shape[1] == heads * side if wanted is None else shape[0] == wanted)
        if not fits:
            raise _misfit(module, own, heads, groups)


def not_found(module: PreTrainedModel) -> ModelError:
    """Return the error for a model whose projections are neither in the table nor named as usual."""
    return ModelError(
        f"the attention projections of a {type(module).__name__} were not found: its model_type "
        f"{text_config(module).model_type!r} is not in the table of architectures ({', '.join(sorted(TABLE))}), or its "
        "weights are not named as there; of other architectures, one weight each named q_proj, k_proj, v_proj and "
        "o_proj or out_proj a layer is expected. Use one of these, or add an entry to the table."
    )


def _misfit(module: PreTrainedModel, shape: tuple[int, ...], heads: int, groups: int) -> ModelError:
    return ModelError(
        f"the attention projections of a {type(module).__name__} do not have the expected shape: one is {shape}, which "
        f"does not fit {heads} query and {groups} key-value heads. A quantised model, or a variant of the architecture "
        "that is not known here; use the model in float32, bfloat16 or another architecture."
    )
