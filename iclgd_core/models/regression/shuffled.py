"""Weights of regression models whose places are lost: a control that keeps every statistic of each tensor's entries."""

from collections.abc import Mapping

import torch

from iclgd_core.seeds import stream


def shuffled(weights: Mapping[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    """Return copies of weights with the entries of each tensor in random order.

    Norm, sparsity and distribution of each tensor stay as training left them; what the model learnt is gone.

    Args:
        weights: by name.
        seed: of the orders, a stream of its own for each tensor, by its name.
    """
    out = {}
    for name, weight in weights.items():
        order = torch.from_numpy(stream(seed, name).permutation(weight.numel()))
        out[name] = weight.detach().flatten()[order.to(weight.device)].reshape(weight.shape)
    return out
