"""Weights whose places are lost: a control that keeps every statistic of the entries of each tensor."""

import torch
from transformers import PreTrainedModel

from iclgd_core.seeds import stream


@torch.no_grad()
def shuffle(module: PreTrainedModel, seed: int) -> None:
    """Put the entries of each weight tensor into random order, in place.

    Norm, sparsity and distribution of each tensor stay as training left them; what the model learnt is gone.

    Args:
        module: the model that is written.
        seed: of the orders, a stream of its own for each tensor, by its name.
    """
    for name, weight in module.named_parameters():
        order = torch.from_numpy(stream(seed, name).permutation(weight.numel()))
        weight.copy_(weight.flatten()[order.to(weight.device)].reshape(weight.shape))
