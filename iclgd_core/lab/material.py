"""What a language laboratory measures on: a model and the episodes of a task in its tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np

from iclgd_core.devices import Room
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.base import BaseLab, Ints
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import Tier
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.text import TextPrompts, first_tokens

SHOTS = 8
"""Demonstrations of the main comparison, as in the order study of arXiv 2310.08540."""
SHOWN = 12
"""Tokens of a prompt that the report shows."""


@dataclass(frozen=True, eq=False)
class Material(BaseLab[LogProbs]):
    """One language model on one task at one tier; see `BaseLab`.

    Attributes:
        room: takes memory for a measurement; None where memory is no concern.
    """

    model: CausalModel
    task: Task
    tier: Tier
    store: Store
    room: Room | None = None

    @property
    def shots(self) -> int:
        """That of the main comparison."""
        return SHOTS

    @property
    def searches(self) -> bool:
        """Whether the tier does."""
        return self.tier.searches

    def nudged(self) -> Self:
        """Return the same with weights that were moved by one rounding."""
        return self.of(replace(self.model, nudged=True))

    @property
    def sizes(self) -> tuple[int, int]:
        """The tier's numbers of tuning episodes and of evaluation episodes."""
        return self.tier.tuning_episodes, self.tier.episodes

    def episodes(self, split: str, n: int) -> list[EpisodePrompts]:
        """Return the first n episodes of a split, in the model's tokens."""
        return list(_episodes(self.task, self.seed, self.where(split), n, self.tier.queries, self.model.reader))

    def answers(self, split: str, n: int) -> Ints:
        """Return the token ids of the right answers, (n, queries)."""
        return np.stack([episode.answers for episode in self.episodes(split, n)])

    def label_sets(self, split: str, n: int) -> list[Ints]:
        """Return the token ids of each episode's label set."""
        return [episode.label_set for episode in self.episodes(split, n)]

    def computed(self) -> dict[str, Json]:
        """Return how the model is computed: number format, its updates, attention, size; for the report."""
        dtype = str(self.model.shape.module.dtype).removeprefix("torch.")
        master = "float32 master weights" if self.model.spread > 1 else "stochastic rounding"
        return {
            "dtype": dtype,
            "updates": master if dtype == "bfloat16" else "plain",
            "attention": str(self.model.config._attn_implementation),
            "parameters": self.model.n_parameters,
        }

    def first_tokens(self) -> dict[str, Json]:
        """Return the first tokens of a prompt with one demonstration, as the model reads it; for the report."""
        written = self.episodes("tuning", 1)[0]
        if isinstance(written, TextPrompts):
            return first_tokens(written)
        ids = written.prompts(np.arange(1))[0].ids.tolist()[:SHOWN]
        names: Sequence[str] = self.model.tokenizer.convert_ids_to_tokens(ids)
        return {"first": [{"id": i, "token": str(name)} for i, name in zip(ids, names, strict=True)]}


@lru_cache(maxsize=64)
def _episodes(task: Task, seed: int, split: str, n: int, queries: int, reader: Reader) -> tuple[EpisodePrompts, ...]:
    return tuple(task.encode(task.episode(seed, split, i, queries), reader) for i in range(n))
