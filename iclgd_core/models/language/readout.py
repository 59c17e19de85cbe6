"""Logits where a label stands, and nowhere else: the output matrix sees one hidden state a prompt.

Whatever a model does behind its output matrix (scaling, soft-capping) is kept; logits of the other positions, usually
the largest tensor of a forward pass, are never made. A model that multiplies by its output matrix without calling it
as a module (MobileBERT) makes them all, and the asked ones are taken.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError


@contextmanager
def readout_at(module: PreTrainedModel, positions: torch.Tensor) -> Iterator[None]:
    """Within the context, the module's logits are (rows, 1, vocabulary): those at `positions`.

    That they are those of a whole forward pass is proved when a model is loaded (see `proof`).

    Args:
        module: a language model.
        positions: the position to read in each row, (rows,), on the module's device.

    Raises:
        ModelError: the module returns logits of some positions that are neither one nor all.
    """
    output = module.get_output_embeddings()  # type: ignore[no-untyped-call]

    def pick(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        hidden = inputs[0] if inputs else None
        if not isinstance(hidden, torch.Tensor) or hidden.ndim != 3:
            return None  # not one hidden state a token
        return (_at(hidden, positions), *inputs[1:])

    def only(_: torch.nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any], out: Any) -> Any:
        ids = inputs[0] if inputs else named["input_ids"]
        if out.logits.shape[1] != 1:
            if out.logits.shape[:2] != ids.shape:
                raise ModelError(
                    f"a {type(module).__name__} returns logits of shape {tuple(out.logits.shape)} for token ids of "
                    f"shape {tuple(ids.shape)}, so that one position cannot be read; use another architecture."
                )
            out.logits = _at(out.logits, positions)
        return out

    handles = [module.register_forward_hook(only, with_kwargs=True)]
    if output is not None:
        handles.append(output.register_forward_pre_hook(pick))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _at(states: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Return the states (rows, tokens, width) at one position of each row, (rows, 1, width)."""
    index = positions.to(states.device).reshape(-1, 1, 1).expand(-1, 1, states.shape[-1])
    return states.gather(1, index)


def at_least_float32(logits: torch.Tensor) -> torch.Tensor:
    """Return the logits in float32, or in float64 where the model computes in it: log-softmax needs the digits."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
