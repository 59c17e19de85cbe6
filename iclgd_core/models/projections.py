"""Finding the attention projections W_Q, W_K, W_V, W_O of a model, layer by layer."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError, UnknownNameError

Floats = NDArray[np.float64]

PARTS = ("whole", "v_middle", "v_deep")
"""What GD may train: every weight, or W_V of one middle or one deep layer (arXiv 2310.08540, section 5)."""

_PROJECTION = re.compile(r"\.(?P<layer>\d+)\.\w+\.(?P<which>[qkvo]|out)_proj\.weight$")


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

    def key_query_products(self) -> Floats:
        """Return W_K^T W_Q of each query head, (heads, d_in, d_in): what is identified of the two."""
        query = self.query.reshape(self.heads, -1, self.query.shape[1])
        return np.asarray(np.einsum("hai,haj->hij", self._by_query_head(self.key), query))

    def output_value_products(self) -> Floats:
        """Return P W_V of each query head, (heads, d_out, d_in): what is identified of the two."""
        output = self.output.reshape(self.output.shape[0], self.heads, -1)
        return np.asarray(np.einsum("oha,hai->hoi", output, self._by_query_head(self.value)))

    def _by_query_head(self, w: Floats) -> Floats:
        """Return key or value rows of each query head, (heads, rows a head, d_in)."""
        grouped = w.reshape(self.groups, -1, w.shape[1])
        return np.repeat(grouped, self.heads // self.groups, axis=0)


def projection_names(module: PreTrainedModel) -> dict[tuple[int, str], str]:
    """Return the parameter name of each (layer, "q" | "k" | "v" | "o") projection.

    Raises:
        ModelError: an architecture whose projections are not separate matrices named so.
    """
    found: dict[tuple[int, str], str] = {}
    for name, _ in module.named_parameters():
        if match := _PROJECTION.search(name):
            found[int(match["layer"]), match["which"][0]] = name
    layers = {layer for layer, _ in found}
    if not layers or any((layer, which) not in found for layer in layers for which in "qkvo"):
        raise ModelError(
            f"the attention projections of a {type(module).__name__} were not found: expected one weight each named "
            "q_proj, k_proj, v_proj and o_proj or out_proj a layer (Llama, GPT-J and their like)."
        )
    return found


def layer_projections(module: PreTrainedModel) -> list[LayerProjections]:
    """Return the projections of every layer, as float64 copies."""
    names, weights = projection_names(module), dict(module.named_parameters())

    def matrix(layer: int, which: str) -> Floats:
        return np.array(weights[names[layer, which]].detach().double().cpu().numpy())

    heads = int(module.config.num_attention_heads)
    groups = int(getattr(module.config, "num_key_value_heads", heads))
    layers = sorted({layer for layer, _ in names})
    return [
        LayerProjections(matrix(i, "q"), matrix(i, "k"), matrix(i, "v"), matrix(i, "o"), heads, groups) for i in layers
    ]


def part_names(module: PreTrainedModel, part: str) -> tuple[str, ...]:
    """Return the names of the parameters that GD trains for a part of PARTS.

    Of L layers counted from 0, "v_middle" is W_V of layer L // 2 and "v_deep" that of layer L - 1; the paper
    names no indices.

    Raises:
        UnknownNameError: no such part.
    """
    if part not in PARTS:
        raise UnknownNameError("part of a model", part, PARTS)
    if part == "whole":
        return tuple(name for name, _ in module.named_parameters())
    names = projection_names(module)
    n_layers = 1 + max(layer for layer, _ in names)
    return (names[n_layers // 2 if part == "v_middle" else n_layers - 1, "v"],)
