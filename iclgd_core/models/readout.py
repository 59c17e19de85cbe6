"""Logits where a label stands, and nowhere else: the output matrix sees one hidden state a prompt.

Whatever a model does behind its output matrix (scaling, soft-capping) is kept; logits of the other positions, usually
the largest tensor of a forward pass, are never made.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

from iclgd_core.errors import ModelError


@contextmanager
def readout_at(module: PreTrainedModel, positions: torch.Tensor) -> Iterator[None]:
    """Within the context, the module's logits are (rows, 1, vocabulary): those at `positions`.

    Args:
        module: a language model with an output embedding.
        positions: the position to read in each row, (rows,), on the module's device.

    Raises:
        ModelError: the architecture names no output embedding.
    """
    output = module.get_output_embeddings()  # type: ignore[no-untyped-call]
    if output is None:
        raise ModelError(
            f"a {type(module).__name__} names no output embedding, so its logits cannot be read at one position; "
            "use a causal or masked language model of transformers."
        )

    def pick(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor]:
        hidden = inputs[0]
        index = positions.to(hidden.device).reshape(-1, 1, 1).expand(-1, 1, hidden.shape[-1])
        return (hidden.gather(1, index),)

    handle = output.register_forward_pre_hook(pick)
    try:
        yield
    finally:
        handle.remove()


def at_least_float32(logits: torch.Tensor) -> torch.Tensor:
    """Return the logits in float32, or in float64 where the model computes in it: log-softmax needs the digits."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
