"""Models whose weights are mutated; the model that is given is never written."""

import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import ATTENTION, fresh
from iclgd_core.models.shuffling import shuffle
from iclgd_core.seeds import derive, stream
from tests.models.all_projections import projection_names

Floats = NDArray[np.float64]


def permuted(model: CausalModel, seed: int) -> CausalModel:
    """Return the model with the entries of each weight tensor in random order.

    Each tensor keeps its values, and so every statistic of them (sparsity, norm); only their places are lost.
    """
    module = copy.deepcopy(model.module)
    shuffle(module, seed, "permuted weights")
    return _called("permuted", model, module)


def untrained(model: CausalModel, seed: int) -> CausalModel:
    """Return the model's architecture with fresh weights from its own initialisation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "untrained", model.name))
        module = fresh(copy.deepcopy(model.module.config), ATTENTION)
    torch.nn.Module.to(module.train(False).requires_grad_(False), model.device, model.module.dtype)
    return _called("untrained", model, module)


def constant(model: CausalModel) -> CausalModel:
    """Return the model with an output layer of zeros, bias included: every next token is equally likely.

    Raises:
        ModelError: a model without an output layer.
    """
    module = copy.deepcopy(model.module)
    output = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    if not isinstance(output, torch.nn.Module):
        raise ModelError(f"model {model.name!r} has no output layer to set to zero.")
    with torch.no_grad():
        for weight in output.parameters():
            weight.zero_()
    return _called("constant", model, module)


def constructed(model: CausalModel, seed: int) -> CausalModel:
    """Return the model with the attention projections of the construction of one GD step, in every layer.

    Tokens hold n inputs in the even and n targets in the odd coordinates of side 2n, so that every head gets its
    share (the construction has them in two halves; that is a permutation of coordinates):

        W_K = W_Q = identity on the inputs, else 0
        W_V: targets <- W0 inputs - targets, W0 dense and standard normal, else 0
        W_O (P) = identity

    Raises:
        ModelError: projections that are not square of an even side.

    Source: arXiv 2212.07677, proposition 1.
    """
    module = copy.deepcopy(model.module)
    weights = dict(module.named_parameters())
    with torch.no_grad():
        for (layer, which), name in projection_names(module).items():
            rows, side = weights[name].shape
            if rows != side or side % 2:
                raise ModelError(
                    f"the construction needs square projections of an even side; {name} of model {model.name!r} is "
                    f"{rows} x {side}."
                )
            matrix = construction(side, stream(seed, "constructed weights", layer))[which]
            weights[name].copy_(torch.from_numpy(matrix))
    return _called("constructed", model, module)


def construction(side: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Return the matrices of `constructed` for one layer, by projection: "q", "k", "v", "o"; each (side, side)."""
    inputs, targets = np.arange(0, side, 2), np.arange(1, side, 2)
    on_inputs, value = np.zeros((side, side)), np.zeros((side, side))
    on_inputs[inputs, inputs] = 1.0
    value[np.ix_(targets, inputs)] = rng.standard_normal((side // 2, side // 2))
    value[targets, targets] = -1.0
    return {"q": on_inputs, "k": on_inputs, "v": value, "o": np.eye(side)}


def _called(what: str, model: CausalModel, module: PreTrainedModel) -> CausalModel:
    return replace(model, name=f"{what}-{model.name}", held=module)
