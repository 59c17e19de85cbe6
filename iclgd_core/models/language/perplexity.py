"""How well a language model predicts documents, token by token."""

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.readout import at_least_float32

Floats = NDArray[np.float64]

ROWS = 32
"""Windows in one forward pass."""


@torch.inference_mode()
def token_losses(model: CausalModel, windows: torch.Tensor) -> Floats:
    """Return -log p(token | tokens before it in the window), in nats, (windows, length - 1).

    The first token of a window has nothing before it and is not predicted. exp of the mean over all entries, or over
    the first L - 1 columns, is the perplexity at length L.

    Args:
        model: a causal language model.
        windows: token ids, (windows, length), length >= 2.
    """
    losses = []
    for rows in torch.split(windows, ROWS):
        ids = rows.to(model.device)
        log_probs = at_least_float32(model.module(ids, use_cache=False).logits[:, :-1]).log_softmax(-1)
        losses.append(-log_probs.gather(-1, ids[:, 1:, None])[..., 0].cpu().numpy())
    return np.concatenate(losses).astype(np.float64)
