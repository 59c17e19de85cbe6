"""Hash of a model: what tells its measurements from those of any other."""

import hashlib
import json

import torch
from transformers import PreTrainedModel


def fingerprint(module: PreTrainedModel) -> str:
    """Return the SHA-256 of a model's architecture, dtype and every weight and its name.

    Two models share a fingerprint only if they compute the same function by the same code; a path or a name is
    never part of it, so a retrained model under an old name is another model.
    """
    config = module.config.to_diff_dict()
    for incidental in ("_name_or_path", "transformers_version", "dtype", "torch_dtype"):
        config.pop(incidental, None)
    h = hashlib.sha256(json.dumps([type(module).__name__, config], sort_keys=True, default=str).encode())
    for name, tensor in sorted(module.state_dict().items()):
        h.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        h.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return h.hexdigest()
