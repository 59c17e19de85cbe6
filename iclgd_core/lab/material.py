"""What a laboratory measures on: a model, the episodes of a task in its tokens, orders of their demonstrations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from iclgd_core.devices import Room
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import Tier
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.seeds import stream
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.text import TextPrompts, first_tokens

Ints = NDArray[np.int64]

SHOTS = 8
"""Demonstrations of the main comparison, as in the order study of arXiv 2310.08540."""
SHOWN = 12
"""Tokens of a prompt that the report shows."""


@dataclass(frozen=True, eq=False)
class Material:
    """One model on one task at one tier.

    Attributes:
        model, task, tier: what is measured, and how much of it.
        seed: the run's seed; all streams derive from it by name.
        store: where measurements are kept.
        plan: judge on tuning episodes instead, to see the variance before the evaluation.
        room: takes memory for a measurement; None where memory is no concern.
    """

    model: CausalModel
    task: Task
    tier: Tier
    seed: int
    store: Store
    plan: bool = False
    room: Room | None = None

    def of(self, model: CausalModel) -> Self:
        """Return the same with another model; its episodes and orders are the same."""
        return replace(self, model=model)

    def count(self, split: str = "evaluation", n: int | None = None) -> int:
        """Return the number of episodes of a split: n, or the tier's number if n is None."""
        if self.plan:
            return self.tier.tuning_episodes
        return (self.tier.tuning_episodes if split == "tuning" else self.tier.episodes) if n is None else n

    def episodes(self, split: str, n: int) -> list[EpisodePrompts]:
        """Return the first n episodes of a split, in the model's tokens."""
        where = "tuning" if self.plan else split
        return list(_episodes(self.task, self.seed, where, n, self.tier.queries, self.model.reader))

    def orders(self, split: str, episodes: int, shots: int, orders: int) -> Ints:
        """Draw orders of the demonstrations, (episodes, orders, shots): the first as drawn, the others random."""
        out = np.tile(np.arange(shots), (episodes, orders, 1))
        for e in range(episodes):
            rng = stream(self.seed, self.task.name, "tuning" if self.plan else split, e, "orders", shots)
            for o in range(1, orders):
                out[e, o] = rng.permutation(shots)
        return out

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
