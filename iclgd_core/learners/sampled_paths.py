"""Sampled continuations: a model asked for the next outcome again and again, its own draws put into the prompt."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.progress import with_progress
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.readout import at_least_float32, readout_at
from iclgd_core.tasks.prompts import check_context

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@torch.inference_mode()
def sample_paths(
    model: CausalModel, prompts: Ints, between: Ints, outcomes: Ints, uniforms: Floats
) -> tuple[Floats, Floats]:
    """Draw binary outcomes one after the other behind each prompt, many paths at once.

    The model's prediction is restricted to the two outcomes and renormalised; outcome 1 is drawn where a uniform number
    is below its probability. Keys and values are kept, so each outcome costs the tokens that it adds.

    Args:
        model: a causal model that reads behind a kept prefix.
        prompts: token ids up to the first outcome, (units, tokens).
        between: token ids from one outcome (left out) to the next, (units, b).
        outcomes: token ids of outcome 0 and outcome 1, (units, 2).
        uniforms: numbers in [0, 1), (units, paths, length).

    Returns:
        Outcomes, and the probability that outcome 1 had: both (units, paths, length), float64.

    Raises:
        NotRunError: a model that cannot read behind a kept prefix.
        ContextError: paths that exceed the context window.
    """
    if model.masked or model.spread > 1 or not model.behaviour.reuses_prefix:
        raise NotRunError(f"paths are sampled behind kept keys and values, which model {model.name!r} does not offer.")
    _, paths, length = uniforms.shape
    longest = prompts.shape[1] + (length - 1) * (between.shape[1] + 1)
    check_context(longest, model.context_window, model.name, f"{length} outcomes behind a prompt")
    module, device = model.module, model.device
    choices = torch.from_numpy(np.repeat(outcomes, paths, axis=0)).to(device)
    added = torch.from_numpy(np.repeat(between, paths, axis=0)).to(device)
    draws = uniforms.reshape(-1, length)
    drawn, chances = np.zeros_like(draws), np.zeros_like(draws)
    ids, cache = torch.from_numpy(prompts).to(device), None
    for t in with_progress(range(length), "outcomes of paths"):
        logits, cache = _last(module, ids, cache)
        if t == 0:
            logits = logits.repeat_interleave(paths, dim=0)
            cache.batch_repeat_interleave(paths)
        chances[:, t] = logits.gather(1, choices).double().softmax(-1)[:, 1].cpu().numpy()
        drawn[:, t] = draws[:, t] < chances[:, t]
        chosen = torch.from_numpy(drawn[:, t].astype(np.int64)).to(device)
        ids = torch.cat([choices.gather(1, chosen[:, None]), added], dim=1)
    return drawn.reshape(uniforms.shape), chances.reshape(uniforms.shape)


def _last(module: Any, ids: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
    """Return the logits at the last position, and the keys and values of all."""
    last = torch.full((len(ids),), ids.shape[1] - 1, device=ids.device)
    with readout_at(module, last):
        out = module(ids, **kept_argument(module, cache), use_cache=True)
    return at_least_float32(out.logits[:, 0]), kept_by(out)
