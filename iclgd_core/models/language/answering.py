"""Next-token predictions of many prompts, those of one group behind their common prefix.

Prompts of unequal length are padded on the right. A causal model never looks right, so neither padding nor the company
of other prompts changes a prediction beyond rounding; a masked one gets an attention mask. Which prompts share a
forward pass depends on the prompts alone, never on free memory; out of memory, a pass is split in two and repeated.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from iclgd_core.devices.out_of_memory import free_cached_memory, is_out_of_memory
from iclgd_core.evidence.progress import with_progress
from iclgd_core.models.language.kept_keys import kept_argument, kept_by
from iclgd_core.models.language.placement import first_device
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, concatenated, read_out
from iclgd_core.models.language.readout import at_least_float32, readout_at
from iclgd_core.tasks.prompts import Prompt

Ints = NDArray[np.int64]

MAX_BATCH_TOKENS = 16_384
"""Tokens in one forward pass; bounds the memory of activations."""

MAX_CACHED_TOKENS = 65_536
"""Tokens whose keys and values are held at once: prefix and tail of each prompt."""

SLICES, PADDING = 4, 1.25
"""Behind a prefix, prompts of a group are read in so many slices by length where padding would make this much more."""

SHORTEST_PREFIX = 16
"""A common prefix of fewer tokens is computed anew for each prompt, which is as fast."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Prompts that share one forward pass.

    Attributes:
        rows: index of each prompt; those of a group stand next to each other, ascending in length.
        prefix: length of the prefix that is computed once a group; 0 for none.
        per_group: prompts a group.
    """

    rows: tuple[int, ...]
    prefix: int
    per_group: int


def answer(
    module: PreTrainedModel, groups: Sequence[Sequence[Prompt]], labels: Ints, masked: bool, reuse: bool
) -> LogProbs:
    """Return log-probabilities (groups, prompts, vocabulary).

    Args:
        module: the model, in evaluation mode.
        groups: with equally many prompts each; those of a group usually share a prefix.
        labels: token ids that are always kept (see `predictions`).
        masked: whether the model is a masked one.
        reuse: whether keys and values of a prefix may be computed once.
    """
    per = len(groups[0])
    prompts = [prompt for group in groups for prompt in group]
    shared = [common_prefix(group) if reuse else 0 for group in groups]
    done: list[tuple[tuple[int, ...], LogProbs]] = []
    for batch in with_progress(list(batches(prompts, shared, per)), "forward passes"):
        done += _answer_batch(module, prompts, batch, labels, masked)
    rows = np.concatenate([np.array(rows) for rows, _ in done])
    out = concatenated([log_probs for _, log_probs in done])[np.argsort(rows, kind="stable")]
    return out.reshape(len(groups), per) if isinstance(out, TopLogProbs) else out.reshape(len(groups), per, -1)


def common_prefix(group: Sequence[Prompt]) -> int:
    """Return how many leading tokens all prompts share, at most one fewer than the shortest has; 0 if too few."""
    shortest = min(len(prompt.ids) for prompt in group) - 1
    first = group[0].ids[:shortest]
    for prompt in group[1:]:
        differs = np.flatnonzero(first != prompt.ids[: len(first)])
        first = first[: differs[0]] if len(differs) else first
    return len(first) if len(first) >= SHORTEST_PREFIX else 0


def batches(prompts: Sequence[Prompt], shared: Sequence[int], per: int) -> Iterator[Batch]:
    """Yield the forward passes: groups with prefixes of equal length together, other prompts by their length."""
    alone = [row for group, p in enumerate(shared) if p == 0 for row in range(group * per, (group + 1) * per)]
    alone.sort(key=lambda row: len(prompts[row].ids))
    while alone:
        size = _fitting([len(prompts[row].ids) for row in alone], MAX_BATCH_TOKENS)
        yield Batch(tuple(alone[:size]), 0, 1)
        alone = alone[size:]
    for p in sorted(set(shared) - {0}):
        members = [group for group, length in enumerate(shared) if length == p]
        tail = max(len(prompts[row].ids) for g in members for row in range(g * per, (g + 1) * per)) - p
        together = max(1, min(MAX_BATCH_TOKENS // max(p, per * tail), MAX_CACHED_TOKENS // (per * (p + tail))))
        for at in range(0, len(members), together):
            of_group = (range(g * per, (g + 1) * per) for g in members[at : at + together])
            rows = [row for one in of_group for row in sorted(one, key=lambda row: len(prompts[row].ids))]
            yield Batch(tuple(rows), p, per)


def _fitting(lengths: Sequence[int], budget: int) -> int:
    """Return how many of the first prompts, ascending in length, fit a budget of padded tokens; at least one."""
    fits = [(i + 1) * length <= budget for i, length in enumerate(lengths)]
    return max(1, fits.index(False) if False in fits else len(fits))


def _answer_batch(
    module: PreTrainedModel, prompts: Sequence[Prompt], batch: Batch, labels: Ints, masked: bool
) -> list[tuple[tuple[int, ...], LogProbs]]:
    """Answer one batch; out of memory, its halves, down to a single prompt."""
    try:
        return _forward(module, prompts, batch, labels, masked)
    except Exception as error:
        if not is_out_of_memory(error) or len(batch.rows) == 1:
            raise
    free_cached_memory()  # outside the except block, whose traceback holds the tensors
    return [done for half in halves(batch) for done in _answer_batch(module, prompts, half, labels, masked)]


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """Split a batch between groups, or within its only group."""
    groups = len(batch.rows) // batch.per_group
    at = groups // 2 * batch.per_group if groups > 1 else len(batch.rows) // 2
    left, right = batch.rows[:at], batch.rows[at:]
    per = [batch.per_group] * 2 if groups > 1 else [len(left), len(right)]
    return Batch(left, batch.prefix, per[0]), Batch(right, batch.prefix, per[1])


@torch.inference_mode()
def _forward(
    module: PreTrainedModel, prompts: Sequence[Prompt], batch: Batch, labels: Ints, masked: bool
) -> list[tuple[tuple[int, ...], LogProbs]]:
    """Return rows and their predictions, a slice of each group at a time."""
    device, p = first_device(module), batch.prefix
    cache, done = None, []
    if p:
        heads = np.stack([prompts[row].ids[:p] for row in batch.rows[:: batch.per_group]])
        cache = _prefilled(module, torch.from_numpy(heads).to(device))
    pieces = slices(prompts, batch)
    for i, rows in enumerate(pieces):
        ids, readouts, lengths = padded([prompts[row] for row in rows], p, device)
        arguments: dict[str, Any] = {"use_cache": False}
        if masked:
            arguments = {"attention_mask": (torch.arange(ids.shape[1], device=device) < lengths[:, None]).long()}
        if cache is not None:
            own = cache if i == len(pieces) - 1 else copy.deepcopy(cache)
            own.batch_repeat_interleave(len(rows) * batch.per_group // len(batch.rows))
            arguments = kept_argument(module, own)
        with readout_at(module, readouts):
            logits = module(ids, **arguments).logits[:, 0]
        done.append((rows, read_out(at_least_float32(logits).log_softmax(-1), labels)))
    return done


def slices(prompts: Sequence[Prompt], batch: Batch) -> list[tuple[int, ...]]:
    """Return the rows that are read together: all, or, where lengths differ much, the i-th longest share of each group.

    Every slice has equally many prompts of each group.
    """
    per = batch.per_group
    tails = np.array([len(prompts[row].ids) - batch.prefix for row in batch.rows]).reshape(-1, per)
    count = SLICES if batch.prefix and per >= 2 * SLICES and tails.max() > PADDING * tails.mean() else 1
    rows = np.array(batch.rows).reshape(-1, per)
    return [tuple(part.ravel().tolist()) for part in np.array_split(rows, count, axis=1)]


def _prefilled(module: PreTrainedModel, heads: torch.Tensor) -> Any:
    """Return the keys and values of each prefix."""
    last = torch.full((len(heads),), heads.shape[1] - 1, device=heads.device)
    with readout_at(module, last):
        return kept_by(module(heads, use_cache=True))


def padded(
    prompts: Sequence[Prompt], start: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return token ids from position `start` on, padded on the right with 0, readouts and lengths, all on `device`."""
    tails = [prompt.ids[start:] for prompt in prompts]
    lengths = np.array([len(tail) for tail in tails])
    ids = np.zeros((len(tails), int(lengths.max())), dtype=np.int64)
    for row, tail in enumerate(tails):
        ids[row, : len(tail)] = tail
    readouts = np.array([prompt.readout - start for prompt in prompts])
    return tuple(torch.from_numpy(array).to(device) for array in (ids, readouts, lengths))  # type: ignore[return-value]
