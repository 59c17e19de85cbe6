"""How much memory sharded gradient descent takes on each device, from the configuration alone."""

from collections.abc import Collection

import torch

from iclgd_core.devices import Skeleton
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.sharded.shards import blocks

ALLOWANCE = 0.1
"""Share added for fragments and the kernels' and NCCL's own memory."""


def sharded_bytes(
    shape: Skeleton, trained: Collection[str], optimizer: Optimizer, devices: int, tokens: int, checkpointing: bool
) -> int:
    """Return an estimate of the peak of memory on each device, in bytes, a CUDA context apart.

    With P weights of which T are in trained parameters, N devices, m bytes of a held weight (4; 8 in float64), e of one
    that is computed with, B weights in the largest block and R outside of all blocks:

        held       m (P + T) / N, and 2 m T / N for Adam: weights, gradients, state
        gathered   e (R + 2 B): what is outside of the blocks, the block that is computed and the next one
        gradients  (e + m) x the largest trained part of a block, or outside of the blocks, before it is reduced
        kept       activations of so many tokens: of all layers, or with checkpointing of one and the inputs of all

    Args:
        shape: of the model, in the dtype that is computed in.
        trained: names of the trained parameters.
        optimizer: update rule.
        devices: N.
        tokens: of one forward and backward pass on one device.
        checkpointing: whether layers are computed again in the backward pass.
    """
    weights = {id(p): p.numel() for p in shape.module.parameters()}
    own = {id(p) for name, p in shape.module.named_parameters() if name in trained}
    parts = [{id(p) for p in block.parameters()} for block in blocks(shape.module)]
    outside = set(weights) - set().union(*parts)
    element = shape.element
    master = torch.promote_types(shape.module.dtype, torch.float32).itemsize

    def count(names: set[int]) -> int:
        return sum(weights[name] for name in names)

    copies = 2 + optimizer.buffers
    held = master * (count(set(weights)) + (copies - 1) * count(own)) // devices
    gathered = element * (count(outside) + 2 * max(map(count, parts)))
    gradients = (element + master) * max(count(part & own) for part in (*parts, outside))
    layer = tokens * element * (shape.linear_width // shape.layers + 8 * shape.hidden)
    kept = layer + shape.layers * tokens * shape.hidden * element if checkpointing else shape.layers * layer
    return round((held + gathered + gradients + kept) * (1 + ALLOWANCE))
