"""Where the parts of a model are that is spread over several devices, and where its inputs go."""

import torch
from transformers import PreTrainedModel

Place = int | str
"""A device as accelerate names it: the number of a GPU, "cpu" or "disk"."""


def places(module: PreTrainedModel) -> dict[str, Place]:
    """Return the device of each part of a spread model, in the order of its layers; empty for a plain one."""
    found: dict[str, Place] = dict(getattr(module, "hf_device_map", None) or {})
    return found


def first_device(module: PreTrainedModel) -> torch.device:
    """Return where token ids go: the device of the input embedding, or what computes it if its weights are on disk.

    A model on one device gives that; `PreTrainedModel.device` gives torch's meta device where weights are on disk.
    """
    for part in (module.get_input_embeddings(), module):
        device = getattr(getattr(part, "_hf_hook", None), "execution_device", None)
        if device is not None:
            return torch.device(device)
    return next(module.get_input_embeddings().parameters()).device
