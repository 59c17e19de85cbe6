"""Queries, keys and values from what went into attention, by head."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from transformers import PreTrainedModel

from iclgd_core.errors import SettingsError
from iclgd_core.models.activations.layers import layers_of
from iclgd_core.models.activations.watch import Weights
from iclgd_core.models.architectures.finding import WeightPlace, Which
from iclgd_core.models.language.adapter import CausalModel

Floats = NDArray[np.float64]


def project(model: CausalModel, inputs: ArrayLike, which: Which, weights: Weights | None = None) -> Floats:
    """Return W x + b of each head in float64, without rotation and scale.

    Args:
        model: whose projections these are.
        inputs: attention inputs x of every layer, (layers, ..., d), as `record` and `attention_inputs` give them.
        which: "q", "k" or "v".
        weights: parameters by name that stand in for the model's own.

    Returns:
        (layers, ..., heads, d_head), one for each query head: a key or value head that serves several is repeated.

    Raises:
        SettingsError: another number of layers, or "o", which is not split into heads.
        ModelError: projections that were not found.
    """
    sizes, layers = layers_of(model.module)
    x = np.asarray(inputs, dtype=np.float64)
    if which == "o" or len(x) != len(layers):
        raise SettingsError(
            f"queries, keys and values come from inputs of {len(layers)} layers; got {which!r} of {len(x)} layers."
        )
    heads = sizes.heads if which == "q" else sizes.groups
    out = []
    for layer, row in zip(layers, x, strict=True):
        matrix, bias = _parameters(model.module, layer[which], weights or {})
        y = row @ matrix.T + bias
        by_head = y.reshape(*y.shape[:-1], heads, -1)
        out.append(np.repeat(by_head, sizes.heads // heads, axis=-2))
    return np.stack(out)


def _parameters(module: PreTrainedModel, place: WeightPlace, weights: Weights) -> tuple[Floats, Floats]:
    """Return matrix (outputs, inputs) and bias (outputs,) of one projection; a missing bias is zero."""
    owner, name = module.get_submodule(place.parameter.removesuffix(".weight")), place.parameter
    matrix = _double(place.read(weights.get(name, module.get_parameter(name))))
    bias = weights.get(name.removesuffix(".weight") + ".bias", getattr(owner, "bias", None))
    if bias is None:
        return matrix, np.zeros(len(matrix))
    return matrix, _double(bias if place.rows is None else bias[place.rows.to(bias.device)])


def _double(x: torch.Tensor) -> Floats:
    return np.asarray(x.detach().double().cpu().numpy())
