"""The trained weights as they were before training, and putting them back, bit for bit."""

from collections.abc import Mapping
from functools import lru_cache

import torch

from iclgd_core.errors import IclgdError

ON_DEVICE_BYTES = 2**30
"""A snapshot up to this size stays on the weights' device; a larger one of GPU weights lies in pinned host memory."""

CHUNK = 2**22
"""Words that are summed at a time in a checksum."""

STRIDE = 0x13C6EF372FE94F82
"""Any even number with many bits set: the factor of word i of a chunk is STRIDE i + 1."""

WORD = 8
"""Bytes that are summed as one number."""


class RestoreError(IclgdError):
    """Weights are not what they were before training, so nothing that is measured on the model holds any more."""


class Snapshot:
    """A copy of some weights and their checksums; taken once, restored after each run.

    The checksum is taken on the weights' own device from the weights themselves, so that it also finds a copy that was
    damaged on its way or while it was kept.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        self._weights = {name: weight.detach() for name, weight in weights.items()}
        on_device = sum(weight.nbytes for weight in self._weights.values()) <= ON_DEVICE_BYTES
        self._copies = {name: _copy(weight, on_device) for name, weight in self._weights.items()}
        self._sums = {name: checksum(weight) for name, weight in self._weights.items()}

    def restore(self) -> None:
        """Put the weights back.

        Raises:
            RestoreError: their checksums are not those of the beginning.
        """
        for name, weight in self._weights.items():
            weight.copy_(self._copies[name], non_blocking=True)
        found = {name: checksum(weight) for name, weight in self._weights.items()}
        wrong = [name for name, total in found.items() if int(total) != int(self._sums[name])]
        if wrong:
            raise RestoreError(
                f"{len(wrong)} of {len(found)} weights could not be restored after gradient descent: "
                f"{', '.join(wrong[:5])}{', ...' if len(wrong) > 5 else ''}. Memory may be damaged, or something else "
                "wrote the weights meanwhile; load the model anew."
            )

    @property
    def nbytes(self) -> int:
        """Bytes of the copies."""
        return sum(copy.nbytes for copy in self._copies.values())


def _copy(weight: torch.Tensor, on_device: bool) -> torch.Tensor:
    if weight.device.type == "cpu" or on_device:
        return weight.clone()
    return torch.empty(weight.shape, dtype=weight.dtype, device="cpu", pin_memory=True).copy_(weight)


@lru_cache(maxsize=16)
def _factors(device: torch.device) -> torch.Tensor:
    """Return odd numbers, all different, one for each place of a chunk."""
    return torch.arange(CHUNK, device=device, dtype=torch.int64).mul_(STRIDE).add_(1)


@torch.no_grad()
def checksum(tensor: torch.Tensor) -> torch.Tensor:
    """Return a 64-bit sum of a tensor's bytes, a scalar on its device: sum_i word_i f_i mod 2^64, f_i odd.

    Words are of eight bytes; what is left over counts byte by byte. Any change of one entry changes the sum, for an odd
    factor loses no bit; entries that change places change it but for coincidence. A zero and a negative zero differ,
    and so do NaN of different bits.
    """
    flat = tensor.detach().contiguous().view(-1).view(torch.uint8)
    if flat.storage_offset() % WORD:
        flat = flat.clone()
    whole = len(flat) // WORD * WORD
    factors = _factors(tensor.device)
    total = (flat[whole:].long() * factors[1 : 1 + len(flat) - whole]).sum()
    for number, words in enumerate(torch.split(flat[:whole].view(torch.int64), CHUNK)):
        total += (words * factors[: len(words)]).sum() * (2 * number + 1)
    return total
