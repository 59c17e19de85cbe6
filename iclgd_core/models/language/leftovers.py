"""Tensors in a model's files that the model has no place for: which may be left out, and what the others mean."""

import re
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import PreTrainedModel

from iclgd_core.hub.files import CONFIG
from iclgd_core.hub.headers import Headers, states_depth
from iclgd_core.hub.strict_json import read_object

ADAPTER = re.compile(
    r"(?:^|\.)(?:(?:lora|loha|hada|lokr|vera|ia3|oft|boft|adaption|prompt|prefix)_\w+|base_layer|modules_to_save)(?:\.|$)"
)
"""Names of the parts that PEFT puts beside, or around, a model's own modules."""

COMPUTED = frozenset(
    (
        "inv_freq", "original_inv_freq", "cos_cached", "sin_cached", "embed_positions", "position_ids",
        "token_type_ids", "masked_bias", "causal_mask", "alibi",
    )
)  # fmt: skip
"""Last names of buffers that older files hold and models compute now."""

HEADS = frozenset(("pooler", "seq_relationship", "score", "classifier", "qa_outputs", "v_head", "value_head", "mtp"))
"""Modules of other uses that files hold directly in the base model or in its prediction head; at the root, any name."""

_SCALES = re.compile(r"(?:^|[._])(?:scales?|scale_inv|zeros|qweight|absmax|quant_\w+|SCB)$")


class Leftovers:
    """Judges the tensors of one model's files that have no place in the model.

    Harmless are: buffers that are computed (rotary angles, masks, positions); biases that are zero; modules of their
    own at the root (value heads, prediction of further tokens) and HEADS below it; layers beyond the model's where
    config.json itself says how many it has.
    """

    def __init__(self, module: PreTrainedModel, headers: Headers, view: Path) -> None:
        """Look at a model that was loaded from the weight files with `headers` in the folder `view`."""
        self.module, self.headers, self.view = module, headers, view

    def harmless(self, name: str) -> bool:
        """Return whether a tensor without a place may be left out."""
        if ADAPTER.search(name):
            return False
        path, owner, depth = self._owner(name)
        *_, last = path
        if last in COMPUTED or self._is_mask(name, last) or (last == "bias" and self._is_zero(name)):
            return True
        if self._lists_of(path[:depth]) == 1 and isinstance(owner, torch.nn.ModuleList):
            return states_depth(read_object(self.view / CONFIG), len(owner))
        inside = len(path) - depth > 1  # a module of its own, not a weight of one that exists
        return inside and (depth == 0 or (depth == 1 and path[1] in HEADS))

    def advice(self, names: Sequence[str]) -> str:
        """Return what such tensors are likely to be, and what to do."""
        kind = f"model_type {str(self.module.config.model_type)!r}"
        if any(_SCALES.search(name) for name in names):
            return "They look like scales of quantised weights, which are not read. Use an unquantised model."
        if any(self._beyond(name) for name in names):
            return "They are more layers than config.json says. Give the config.json that belongs to the weights."
        if all(name.endswith("bias") for name in names):
            return (
                f"They are biases that config.json ({kind}) says the model does not have: set the key that says so "
                "(attention_bias, mlp_bias or another) as it was in training, or give the config.json of the weights."
            )
        return (
            f"The architecture of config.json ({kind}) has no place for them: give the config.json that belongs to the "
            "weights, or save the model without them if they are not part of it."
        )

    @cached_property
    def _bare(self) -> bool:
        """Whether the files name weights from the base model on, without its prefix."""
        base = f"{self.module.base_model_prefix}."
        return not any(name.startswith(base) for name in self.headers.held)

    def _owner(self, name: str) -> tuple[list[str], torch.nn.Module, int]:
        """Return a tensor's path in the model, the deepest module there that exists, and how many names lead to it."""
        path = name.split(".")
        owner, depth = _deepest(self.module, path)
        base = self.module.base_model_prefix
        if isinstance(getattr(self.module, base, None), torch.nn.Module):
            below, deeper = _deepest(self.module, [base, *path])
            if deeper - 1 > depth or (self._bare and depth == 0):
                return [base, *path], below, deeper
        return path, owner, depth

    def _beyond(self, name: str) -> bool:
        path, owner, depth = self._owner(name)
        return isinstance(owner, torch.nn.ModuleList) and path[depth].isdigit()

    def _lists_of(self, path: Sequence[str]) -> int:
        """Return how many lists of modules a path leads through."""
        return sum(
            isinstance(self.module.get_submodule(".".join(path[: i + 1])), torch.nn.ModuleList)
            for i in range(len(path))
        )

    def _is_mask(self, name: str, last: str) -> bool:
        held = self.headers.held.get(name)
        return last == "bias" and held is not None and len(held.shape) > 2

    def _is_zero(self, name: str) -> bool:
        """Return whether all numbers of a tensor are 0; adding it changes nothing."""
        held = self.headers.held.get(name)
        if held is None:
            return False
        with safe_open(held.file, framework="pt") as file:
            return not bool(file.get_tensor(name).any())


def canonical(module: PreTrainedModel, name: str, weights: Collection[str]) -> str:
    """Return the name of a tensor of the files in the model: as it is, or with or without the base model's prefix."""
    base = f"{module.base_model_prefix}."
    return next((one for one in (name, base + name, name.removeprefix(base)) if one in weights), name)


def _deepest(module: torch.nn.Module, path: Sequence[str]) -> tuple[torch.nn.Module, int]:
    """Return the deepest module on a tensor's path that exists, and how many names lead to it."""
    for depth, part in enumerate(path[:-1]):
        child = getattr(module, part, None)
        if not isinstance(child, torch.nn.Module):
            return module, depth
        module = child
    return module, len(path) - 1
