"""A causal language model spread over the ranks of a process group: FSDP2, one unit a transformer block.

Weights are held and updated in float32 (or float64), each rank a slice along the first axis; a block computes in the
job's dtype from weights that are gathered for it and dropped after it. Gradients are summed over ranks in float32.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import AutoModelForCausalLM, PreTrainedModel

from iclgd_core.errors import ModelError
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.models.language.spread import causal, read_weights


def sharded(source: Path, dtype: str, attention: str | None, mesh: DeviceMesh) -> PreTrainedModel:
    """Load the model in `source` onto all ranks of a mesh, each its slices.

    Rank 0 reads the files as a plain load does (names that transformers translates included) into its host's memory and
    deals the slices out, weight by weight; the other ranks never hold the whole model.

    Raises:
        ModelError: the model cannot be read, cannot be built without its weights, or has weights that are not finite.
    """
    device = torch.device("cuda", torch.cuda.current_device()) if mesh.device_type == "cuda" else torch.device("cpu")
    first = dist.get_rank() == 0
    compute = DTYPES[dtype]
    master = torch.promote_types(compute, torch.float32)
    full = read_weights(source, dtype, attention) if first else None
    module = skeleton(source, compute, attention)
    for parameter in module.parameters():
        parameter.data = parameter.data.to(master)  # buffers stay in the number format that is computed in
    policy = MixedPrecisionPolicy(param_dtype=None if compute == master else compute, reduce_dtype=master)
    for block in blocks(module):
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(module, mesh=mesh, mp_policy=policy)
    module.to_empty(device=device)
    given = dict(full.named_parameters()) if full is not None else {}
    for name, parameter in module.named_parameters():
        if first and name not in given:
            raise ModelError(f"the weight {name} of a {type(full).__name__} is not among those that were read.")
        whole = given[name].detach() if first else torch.empty(parameter.shape, dtype=master, device=device)
        if first and not bool(torch.isfinite(whole).all()):
            raise ModelError(f"the model in {source} has weights that are not finite, first in {name}. Save it again.")
        local(parameter).copy_(_dealt(whole.to(device, master), parameter))
        if first:
            given[name].data = torch.empty(0)
    held = dict(full.named_buffers()) if full is not None else {}
    for name, buffer in module.named_buffers():
        # not in any file: computed when the model is built, which an empty skeleton cannot
        if first:
            buffer.copy_(held[name])
        dist.broadcast(buffer, 0)
    module.train(False)
    return module


def skeleton(source: Path, dtype: torch.dtype, attention: str | None) -> PreTrainedModel:
    """Build the model of a configuration without storage (torch's meta device).

    Raises:
        ModelError: the configuration cannot be read, or parts of the model would stay without storage.
    """
    with causal(source) as (_, config), torch.device("meta"):
        module: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=dtype, attn_implementation=attention, trust_remote_code=False
        )
    module.tie_weights()
    for name, part in module.named_modules():
        loose = [key for key, value in vars(part).items() if isinstance(value, torch.Tensor) and value.is_meta]
        if loose:
            raise ModelError(
                f"a {type(module).__name__} keeps the tensor {loose[0]!r} of {name or 'its root'} where neither "
                "weights nor buffers are, so it cannot be spread over devices. Train it on one device."
            )
    return module


def blocks(module: torch.nn.Module) -> list[torch.nn.Module]:
    """Return the transformer blocks: the list of modules that holds most of the weights.

    Raises:
        ModelError: the model has no list of modules.
    """
    lists = [part for part in module.modules() if isinstance(part, torch.nn.ModuleList) and len(part)]
    if not lists:
        raise ModelError(f"a {type(module).__name__} has no list of transformer blocks to spread over devices.")
    largest = max(lists, key=lambda part: sum(p.numel() for p in part.parameters()))
    return list(largest)


def _dealt(whole: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return this rank's slice of rank 0's tensor, cut as `like` is."""
    if not isinstance(like, DTensor):
        raise TypeError(f"expected a sharded parameter, got a {type(like).__name__}")
    return distribute_tensor(whole, like.device_mesh, like.placements).to_local()


def local(tensor: torch.Tensor) -> torch.Tensor:
    """Return this rank's slice of a sharded tensor, without history; writing to it writes to the model."""
    return tensor.to_local().detach() if isinstance(tensor, DTensor) else tensor.detach()


def local_masks(module: PreTrainedModel, trained: Mapping[str, torch.Tensor | None]) -> dict[str, torch.Tensor | None]:
    """Return this rank's slices of the masks of what is trained; None stands for all of a parameter."""
    parameters = dict(module.named_parameters())
    masks: dict[str, torch.Tensor | None] = {}
    for name, mask in trained.items():
        parameter = parameters[name]
        whole = None if mask is None else mask.to(local(parameter).device).expand(parameter.shape).contiguous()
        masks[name] = None if whole is None else _dealt(whole, parameter)
    return masks
