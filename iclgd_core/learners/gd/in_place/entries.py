"""Which entries of a parameter are trained: all, some rows or columns, or any set."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from iclgd_core.errors import SettingsError


@dataclass(frozen=True, eq=False)
class Entries:
    """The trained entries of one parameter.

    Attributes:
        parameter: the weight itself.
        index: None for all entries; else positions along `axis`, or, without an axis, of the flattened parameter.
        axis: the axis that `index` counts along.
    """

    parameter: torch.nn.Parameter
    index: torch.Tensor | None = None
    axis: int | None = None

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the trained entries of a tensor of the parameter's shape: the tensor if all are, else a copy."""
        if self.index is None:
            return tensor
        return tensor.take(self.index) if self.axis is None else tensor.index_select(self.axis, self.index)

    def put(self, values: torch.Tensor) -> None:
        """Write the entries back, from what `of` returned for the parameter, changed in place."""
        if self.index is None:
            return
        if self.axis is None:
            self.parameter.put_(self.index, values)
        else:
            self.parameter.index_copy_(self.axis, self.index, values)


def trained_entries(module: torch.nn.Module, trained: Mapping[str, torch.Tensor | None]) -> dict[str, Entries]:
    """Return the trained entries by the name of their parameter; of the names of tied weights, the first.

    Args:
        module: the model.
        trained: parameter names, each with a boolean mask that broadcasts to the parameter, or None for all of it.

    Raises:
        SettingsError: no such parameter, a mask of another shape or type, a shared weight with two masks, or nothing
            to train.
    """
    parameters = dict(module.named_parameters(remove_duplicate=False))
    found: dict[str, Entries] = {}
    masks: dict[int, torch.Tensor | None] = {}
    for name, mask in trained.items():
        if name not in parameters:
            raise SettingsError(f"a {type(module).__name__} has no parameter {name!r}; see its named_parameters().")
        key = id(parameters[name])
        if key in masks and masks[key] is not mask:
            raise SettingsError(f"parameter {name!r} is shared under another name with another mask; give it one.")
        if key not in masks:
            found[name] = _entries(name, parameters[name], mask)
            masks[key] = mask
    found = {name: entries for name, entries in found.items() if entries.index is None or len(entries.index)}
    if not found:
        raise SettingsError("no weight is to be trained; name at least one parameter with at least one entry.")
    return found


def _entries(name: str, parameter: torch.nn.Parameter, mask: torch.Tensor | None) -> Entries:
    if mask is None:
        return Entries(parameter)
    shape = parameter.shape
    aligned = mask.reshape((1,) * (len(shape) - mask.ndim) + tuple(mask.shape)) if mask.ndim <= len(shape) else mask
    fits = aligned.ndim == len(shape) and all(a in (1, b) for a, b in zip(aligned.shape, shape, strict=True))
    if mask.dtype != torch.bool or not fits:
        raise SettingsError(
            f"the mask of {name!r} is {mask.dtype} of shape {tuple(mask.shape)}; it must be boolean and broadcast to "
            f"{tuple(shape)}."
        )
    aligned = aligned.to(parameter.device)
    if bool(aligned.all()):
        return Entries(parameter)
    axes = [axis for axis, size in enumerate(aligned.shape) if size > 1]
    if len(axes) == 1:
        return Entries(parameter, aligned.flatten().nonzero().flatten(), axes[0])
    return Entries(parameter, aligned.expand(shape).flatten().nonzero().flatten())
