"""Projections of a model as tests ask for them: all at once, by name, their products, and how many heads there are."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.entry import Fused
from iclgd_core.models.architectures.finding import Which, find_layers, find_names
from iclgd_core.models.language.projections import WHICH, LayerProjections, iter_layer_projections, trained

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AttentionFacts:
    """Layers with attention and their heads.

    Attributes:
        layers: number of layers with attention.
        heads, groups: query heads and key-value heads of each.
        side: rows of a head.
    """

    layers: int
    heads: int
    groups: int
    side: int


def attention_facts(module: PreTrainedModel) -> AttentionFacts:
    """Return a model's layers and heads.

    Raises:
        ModelError: its attention projections were not found.
    """
    sizes, layers = find_layers(module)
    return AttentionFacts(len(layers), sizes.heads, sizes.groups, sizes.side)


def projection_names(module: PreTrainedModel) -> dict[tuple[int, Which], str]:
    """Return the parameter name of each (layer, "q" | "k" | "v" | "o") projection; layers with attention from 0 on.

    Raises:
        ModelError: they were not found, or some are rows of one fused matrix, which has no name for each.
    """
    entry, layers = find_names(module)
    if isinstance(entry.projections, Fused):
        fused = layers[0][entry.projections.weight]
        raise ModelError(
            f"the attention projections of a {type(module).__name__} share one matrix ({fused}), so that they have no "
            "names of their own; ask for `projection_places`, or use a model with separate ones (Llama, GPT-J)."
        )
    names = vars(entry.projections).values()
    return {(i, which): own[name] for i, own in enumerate(layers) for which, name in zip(WHICH, names, strict=True)}


def layer_projections(module: PreTrainedModel) -> list[LayerProjections]:
    """Return the projections of every layer with attention, as float64 copies (see `iter_layer_projections`)."""
    return list(iter_layer_projections(module))


def part_names(module: PreTrainedModel, part: str) -> tuple[str, ...]:
    """Return the names of the parameters that `trained` names; a fused one holds more than the part."""
    return tuple(trained(module, part))


def stacked(products: Iterator[Floats]) -> Floats:
    """Return the products of all heads, (heads, rows, columns)."""
    return np.stack(list(products))
