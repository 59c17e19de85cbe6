"""The demonstrations of one step, in micro-batches that fit into memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.learners.gd.objectives import LABELS, sequence_loss
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.answering import padded
from iclgd_core.models.language.readout import at_least_float32, readout_at
from iclgd_core.tasks.prompts import Prompt

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """Examples of one step that share a forward and backward pass.

    Attributes:
        ids: token ids, padded on the right with 0, (rows, longest).
        readouts: where each label stands, (rows,).
        targets: token id of each label, (rows,).
        attention_mask: 1 for tokens and 0 for padding, (rows, longest); None where padding is never looked at.
        objective: what is minimised, one of objectives.OBJECTIVES.
    """

    ids: torch.Tensor
    readouts: torch.Tensor
    targets: torch.Tensor
    attention_mask: torch.Tensor | None
    objective: str = LABELS

    def __len__(self) -> int:
        return len(self.targets)

    @cached_property
    def terms(self) -> int:
        """Number of terms that `loss` sums: labels, or every token but the first of each sequence."""
        return len(self) if self.objective == LABELS else int(self.readouts.sum())

    def loss(self, model: CausalModel) -> torch.Tensor:
        """Return the summed cross-entropy over the whole vocabulary, a scalar in float32 at least.

        Of the labels; of every token but the first, or of the layers' own predictions of it, for other objectives.
        """
        if self.objective != LABELS:
            return sequence_loss(self.objective, model.module, {}, self.ids, self.readouts) * self.terms
        arguments: dict[str, Any] = {}
        if "use_cache" in signature(model.module.forward).parameters:
            arguments["use_cache"] = False
        if self.attention_mask is not None:
            arguments["attention_mask"] = self.attention_mask
        with readout_at(model.module, self.readouts):
            logits = at_least_float32(model.module(self.ids, **arguments).logits[:, 0])
        return torch.nn.functional.cross_entropy(logits, self.targets.to(logits.device), reduction="sum")


def micro_batches(
    model: CausalModel,
    examples: Sequence[Prompt],
    targets: Ints,
    most_rows: int,
    most_tokens: int,
    objective: str = LABELS,
) -> list[MicroBatch]:
    """Return the examples of one step in micro-batches, those of similar length together.

    A causal model reads from left to right and never looks at padding on the right; a masked one gets an attention
    mask where lengths differ.

    Args:
        model: the model.
        examples: of one step.
        targets: token id of each one's label.
        most_rows: examples in a micro-batch, at least 1.
        most_tokens: tokens in a micro-batch, padding included; a longer example has one of its own.
        objective: what is minimised.
    """
    order = sorted(range(len(examples)), key=lambda row: len(examples[row].ids))
    groups: list[list[int]] = [[]]
    for row in order:
        rows = len(groups[-1]) + 1
        if groups[-1] and (rows > most_rows or rows * len(examples[row].ids) > most_tokens):
            groups.append([])
        groups[-1].append(row)
    return [_micro_batch(model, [examples[row] for row in rows], targets[rows], objective) for rows in groups]


def _micro_batch(model: CausalModel, examples: Sequence[Prompt], targets: Ints, objective: str) -> MicroBatch:
    ids, readouts, lengths = padded(examples, 0, model.device)
    mask = None
    if model.masked and len({len(example.ids) for example in examples}) > 1:
        mask = (torch.arange(ids.shape[1], device=model.device) < lengths[:, None]).long()
    return MicroBatch(ids, readouts, torch.from_numpy(targets).to(model.device), mask, objective)
