"""Finding the attention projections W_Q, W_K, W_V, W_O of a model, layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.architectures.finding import Layer, WeightPlace, Which, find_layers

Floats = NDArray[np.float64]

PARTS = ("whole", "v_middle", "v_deep", "kv")
"""What GD may train: every weight, W_V of one middle or one deep layer (arXiv 2310.08540, section 5), or the key and
value projections of all layers, weights and biases (arXiv 2212.10559, section 4.1)."""

WHICH: tuple[Which, ...] = ("q", "k", "v", "o")


@dataclass(frozen=True, eq=False)
class LayerProjections:
    """Projections of one attention layer; each matrix maps columns (inputs) to rows (outputs).

    Attributes:
        query, key, value, output: (d_out, d_in); key and value may have fewer rows (grouped-query attention).
        heads: number of query heads, which split the rows of query and the columns of output.
        groups: number of key and value heads; each serves heads / groups query heads.
    """

    query: Floats
    key: Floats
    value: Floats
    output: Floats
    heads: int
    groups: int

    def iter_key_query_products(self) -> Iterator[Floats]:
        """Yield W_K^T W_Q of each query head, (d_in, d_in), one at a time: heads of them may not fit in memory."""
        for query, key in zip(np.split(self.query, self.heads), self._by_query_head(self.key), strict=True):
            yield np.asarray(key.T @ query)

    def iter_output_value_products(self) -> Iterator[Floats]:
        """Yield P W_V of each query head, (d_out, d_in), one at a time."""
        outputs = np.split(self.output, self.heads, axis=1)
        for output, value in zip(outputs, self._by_query_head(self.value), strict=True):
            yield np.asarray(output @ value)

    def _by_query_head(self, w: Floats) -> Iterator[Floats]:
        """Yield key or value rows of each query head, (rows a head, d_in)."""
        for rows in np.split(w, self.groups):
            for _ in range(self.heads // self.groups):
                yield rows


def projection_places(module: PreTrainedModel) -> dict[tuple[int, Which], WeightPlace]:
    """Return where each (layer, "q" | "k" | "v" | "o") projection is: to read, to mask, to write.

    Raises:
        ModelError: they were not found.
    """
    _, layers = find_layers(module)
    return {(i, which): layer[which] for i, layer in enumerate(layers) for which in WHICH}


def iter_layer_projections(module: PreTrainedModel) -> Iterator[LayerProjections]:
    """Yield the projections of every layer with attention as float64 copies, one layer in memory at a time.

    Raises:
        ModelError: they were not found.
    """
    sizes, layers = find_layers(module)
    weights = dict(module.named_parameters())

    def matrix(place: WeightPlace) -> Floats:
        return np.array(place.read(weights[place.parameter].detach()).double().cpu().numpy(), order="C")

    for layer in layers:
        query, key, value, output = (matrix(layer[which]) for which in WHICH)
        yield LayerProjections(query, key, value, output, sizes.heads, sizes.groups)


def trained(module: PreTrainedModel, part: str) -> dict[str, torch.Tensor | None]:
    """Return what GD trains for a part of PARTS.

    Of L layers with attention, counted from 0, "v_middle" is W_V of layer L // 2 and "v_deep" that of layer L - 1;
    the paper names no indices. Biases are not part of W_V. "kv" is W_K and W_V of all layers and their biases, as the
    names k_proj and v_proj select them in the published code of arXiv 2212.10559.

    Returns:
        By name of a parameter, which of its entries are trained: a boolean mask that broadcasts to its shape (W_V as
        rows or columns of a fused matrix), or None for all. A parameter shared by two modules is named once.

    Raises:
        UnknownNameError: no such part.
        ModelError: the attention projections were not found.
    """
    if part not in PARTS:
        raise UnknownNameError("part of a model", part, PARTS)
    weights = dict(module.named_parameters())
    if part == "whole":
        return dict.fromkeys(weights)
    _, layers = find_layers(module)
    if part == "kv":
        return _keys_and_values(weights, layers)
    place = layers[len(layers) // 2 if part == "v_middle" else -1]["v"]
    return {place.parameter: place.mask(weights[place.parameter])}


def _keys_and_values(weights: Mapping[str, torch.Tensor], layers: Sequence[Layer]) -> dict[str, torch.Tensor | None]:
    """Return the key and value projections of all layers with their biases, those that share a matrix by one mask."""
    chosen: dict[str, torch.Tensor | None] = {}
    for layer in layers:
        for place in (layer["k"], layer["v"]):
            bias = f"{place.parameter.removesuffix('.weight')}.bias"
            for name in (place.parameter, *([bias] if bias in weights else [])):
                mask = place.mask(weights[name]) if name == place.parameter else _of_bias(place, weights[name])
                before = chosen.get(name)
                chosen[name] = mask if mask is None or before is None else before | mask
    return chosen


def _of_bias(place: WeightPlace, bias: torch.Tensor) -> torch.Tensor | None:
    """Return which entries of a bias, (outputs,), are the projection's; None for all of them."""
    if place.rows is None:
        return None
    own = torch.zeros(len(bias), dtype=torch.bool)
    own[place.rows] = True
    return own.to(bias.device)
