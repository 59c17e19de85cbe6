"""Weights whose places are lost: a control that keeps every statistic of the entries of each tensor."""

from collections.abc import Iterable, Iterator

import torch

from iclgd_core.seeds import stream


def shuffled(weights: Iterable[tuple[str, torch.Tensor]], seed: int, *names: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield a copy of each tensor with its entries in random order, by its name.

    Norm, sparsity and distribution of each tensor stay as training left them; what the model learnt is gone.

    Args:
        weights: tensors by name.
        seed: of the orders, a stream of its own for each tensor, called by `names` and the tensor's name.
        names: of the stream.
    """
    for name, weight in weights:
        order = torch.from_numpy(stream(seed, *names, name).permutation(weight.numel()))
        yield name, weight.detach().flatten()[order.to(weight.device)].reshape(weight.shape)


@torch.no_grad()
def shuffle(module: torch.nn.Module, seed: int, *names: str) -> None:
    """Put the entries of each of a module's weight tensors into random order, in place; see `shuffled`."""
    for name, mixed in shuffled(module.named_parameters(), seed, *names):
        module.get_parameter(name).copy_(mixed)
