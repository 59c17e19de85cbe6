"""Proof, on a model that was just loaded, that what is read of it is what it predicts.

A short prompt is read twice: at one position a row, as everything here reads (`readout`), and as a whole. Where an
architecture computes its logits in a way that reading at one position misses, the two differ.
"""

from typing import Any

import torch
from transformers import PreTrainedModel

from iclgd_core.errors import IclgdError, ModelError
from iclgd_core.models.architectures import context_window, vocabulary
from iclgd_core.models.language.placement import first_device
from iclgd_core.models.language.readout import at_least_float32, readout_at
from iclgd_core.safety.harmless_text import harmless

ROWS, TOKENS = 2, 9

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}
"""Largest difference, as a share of the largest logit, that matrices of other sizes may make by rounding."""

COARSE = 2e-2
"""The same in shorter formats."""


@torch.no_grad()
def check_readout(module: PreTrainedModel, masked: bool, where: str) -> None:
    """Check that logits at one position are those of the whole forward pass there.

    Args:
        module: the model, in evaluation mode.
        masked: whether it is a masked language model.
        where: what the model is called in errors.

    Raises:
        ModelError: they are not, there are fewer of them than tokens, or a short prompt cannot be read at all.
    """
    length, size = min(TOKENS, context_window(module.config).tokens), vocabulary(module.config)
    drawn = torch.randint(0, size, (ROWS, length), generator=torch.Generator().manual_seed(0))
    ids = drawn.to(first_device(module))
    at = torch.tensor([length // 3, 2 * length // 3], device=ids.device)
    arguments: dict[str, Any] = {"attention_mask": torch.ones_like(ids)} if masked else {"use_cache": False}
    try:
        whole = at_least_float32(module(ids, **arguments).logits)
        with readout_at(module, at):
            read = at_least_float32(module(ids, **arguments).logits)[:, 0]
    except (IclgdError, torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:  # whatever an architecture raises that needs more than token ids
        raise ModelError(
            f"{where} cannot read a short prompt: {type(error).__name__}: {harmless(str(error)[:200])}. Use another "
            "model."
        ) from error
    if whole.shape[-1] < size:
        raise ModelError(
            f"{where} predicts {whole.shape[-1]} tokens, fewer than the {size} that it reads, so that a label may have "
            "no prediction. Use another model."
        )
    difference = float((whole[torch.arange(ROWS), at.to(whole.device)] - read).abs().max())
    allowed = TOLERANCE.get(module.dtype, COARSE) * float(whole.abs().max())
    if difference > allowed:
        raise ModelError(
            f"{where}, a {type(module).__name__}, predicts something else where it is read at one position than as a "
            f"whole: its logits differ by up to {difference:.3g}, at most {allowed:.3g} would be rounding. What was "
            "read would not be its prediction; use another model."
        )
