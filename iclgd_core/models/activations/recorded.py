"""Recording attention at the position whose output is the prediction, for many prompts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.models.activations.watch import Weights, forward
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import MAX_BATCH_TOKENS, padded
from iclgd_core.tasks.prompts import Prompt, check_context

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Recorded:
    """Attention at the readout of each prompt (the last token of a causal model's prompt).

    Attributes:
        attention_out: output of each self-attention block, after the output projection and before the residual,
            (layers, prompts, d).
        inputs: what went into it there, behind the layer norm, (layers, prompts, d).
        scores: q . k of the readout with every token up to itself, rotated and scaled as the model does it, before the
            softmax, (layers, prompts, heads, longest): aligned on the right, so that [..., -1] is the readout's own
            token, with zeros on the left of shorter prompts.
        lengths: tokens of each prompt up to its readout, (prompts,).
    """

    attention_out: Floats
    inputs: Floats
    scores: Floats
    lengths: Ints

    def tail(self, tokens: Sequence[int]) -> Floats:
        """Return the scores over the last tokens of each prompt, (layers, prompts, heads, max(tokens)).

        Args:
            tokens: how many of each prompt, 1 to its length; fewer than the most are padded with zeros on the left.

        Raises:
            SettingsError: another number of prompts, or more tokens than a prompt has.
        """
        n = np.asarray(tokens)
        if n.shape != self.lengths.shape or (n < 1).any() or (n > self.lengths).any():
            raise SettingsError(
                f"a tail takes 1 token up to all of each of {len(self.lengths)} prompts; got {list(tokens)[:8]} for "
                f"lengths {self.lengths.tolist()[:8]}."
            )
        most = int(n.max())
        kept = np.arange(most, 0, -1) <= n[:, None]
        return np.where(kept[None, :, None, :], self.scores[..., -most:], 0.0)


def record(model: CausalModel, prompts: Sequence[Prompt], weights: Weights | None = None) -> Recorded:
    """Record the attention blocks at the readout of each prompt, one forward pass over many prompts at a time.

    Args:
        model: a causal language model; its weights are not touched.
        prompts: with their readouts; nothing behind a readout is seen by it.
        weights: parameters by name that stand in for the model's own, for example trained ones.

    Raises:
        SettingsError: no prompt, or a masked model, whose readout sees both sides.
        ContextError: a prompt longer than the context window.
        ModelError: attention that cannot be watched (see `watch.forward`).
    """
    _check(model, prompts)
    longest = max(prompt.readout for prompt in prompts) + 1
    parts = [_record_batch(model, batch, weights, longest) for batch in _batches(prompts)]
    return Recorded(
        attention_out=np.concatenate([part.attention_out for part in parts], axis=1),
        inputs=np.concatenate([part.inputs for part in parts], axis=1),
        scores=np.concatenate([part.scores for part in parts], axis=1),
        lengths=np.concatenate([part.lengths for part in parts]),
    )


def attention_inputs(model: CausalModel, prompts: Sequence[Prompt], weights: Weights | None = None) -> Floats:
    """Record what goes into each attention block at every token, (layers, prompts, longest, d).

    Behind the layer norm; zeros behind the end of a shorter prompt. Arguments and errors are those of `record`.
    """
    _check(model, prompts)
    ids, _, lengths = padded(prompts, 0, model.device)
    layers: dict[int, Floats] = {}
    forward(model.module, ids, weights, inputs=lambda layer, x: layers.update({layer: _numpy(x)}))
    inside = np.arange(ids.shape[1]) < lengths.cpu().numpy()[:, None]
    return np.where(inside[None, :, :, None], np.stack([layers[i] for i in sorted(layers)]), 0.0)


def _record_batch(model: CausalModel, batch: Sequence[Prompt], weights: Weights | None, longest: int) -> Recorded:
    ids, readouts, _ = padded(batch, 0, model.device)
    rows, at = np.arange(len(batch)), readouts.cpu().numpy()
    inputs: dict[int, Floats] = {}
    outputs: dict[int, Floats] = {}
    scores: dict[int, Floats] = {}

    def keep(store: dict[int, Floats]) -> Callable[[int, torch.Tensor], None]:
        return lambda layer, x: store.update({layer: _numpy(x[rows, at])})

    def keep_scores(layer: int, x: torch.Tensor) -> None:
        scores[layer] = _right_aligned(_numpy(x[rows, :, at]), at + 1, longest)

    forward(model.module, ids, weights, inputs=keep(inputs), outputs=keep(outputs), scores=keep_scores)
    out, into, before = (np.stack([store[i] for i in sorted(store)]) for store in (outputs, inputs, scores))
    return Recorded(out, into, before, at + 1)


def _batches(prompts: Sequence[Prompt]) -> Iterator[Sequence[Prompt]]:
    """Yield neighbours that fit one forward pass."""
    longest = max(len(prompt.ids) for prompt in prompts)
    size = max(1, MAX_BATCH_TOKENS // longest)
    for at in range(0, len(prompts), size):
        yield prompts[at : at + size]


def _right_aligned(scores: Floats, lengths: Ints, longest: int) -> Floats:
    """Move the first `lengths` entries of each row of (rows, heads, tokens) to the right end of `longest`."""
    out = np.zeros((*scores.shape[:2], longest), dtype=scores.dtype)
    for row, length in enumerate(lengths):
        out[row, :, longest - length :] = scores[row, :, :length]
    return out


def _numpy(x: torch.Tensor) -> Floats:
    wide = x.detach().to(torch.promote_types(x.dtype, torch.float32))
    return np.asarray(wide.cpu().numpy())


def _check(model: CausalModel, prompts: Sequence[Prompt]) -> None:
    if not prompts:
        raise SettingsError("attention is recorded on prompts; got none.")
    if model.masked:
        raise SettingsError(
            f"attention is recorded where a causal model ends its prompt; {model.name!r} is a masked model, which "
            "reads a mask between both sides. Give a causal one."
        )
    check_context(max(len(prompt.ids) for prompt in prompts), model.context_window, model.name, "a prompt")
