"""The laboratory of one model and task: episodes, learners, measurements, tuning.

Everything a claim measures goes through here and is stored by content, so that claims and workers share it.
Settings of GD are chosen on the split "tuning" and judged on "evaluation", whose episodes are others.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.devices import OutOfMemoryError, Room, Workload, estimate, is_out_of_memory, skeleton
from iclgd_core.devices.number_format import FORMATS
from iclgd_core.evidence import Json
from iclgd_core.learners import Optimizer, Runs, Schedule, get_optimizer, gradient_descent, in_context
from iclgd_core.learners.objectives import LABELS
from iclgd_core.learners.replicas import ACTIVATION_BYTES, REPLICA_BYTES
from iclgd_core.learners.workload import step_workload
from iclgd_core.measurements import Store
from iclgd_core.measurements.key import Key
from iclgd_core.measurements.store import Arrays
from iclgd_core.metrics import correct
from iclgd_core.models import CausalModel
from iclgd_core.models.loading import LARGE
from iclgd_core.models.projections import trained
from iclgd_core.precondition import repeating, why_no_icl
from iclgd_core.predictions import LogProbs, TopLogProbs
from iclgd_core.seeds import stream
from iclgd_core.tasks import Task
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.text import TextPrompts, first_tokens
from iclgd_core.tiers import Tier

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Score = Callable[[LogProbs], Floats]
"""Scores the predictions (episodes, queries, vocabulary) of one setting, one number an episode; higher is better."""

SHOTS = 8
"""Demonstrations of the main comparison, as in the order study of arXiv 2310.08540."""
REPLICAS = REPLICA_BYTES + ACTIVATION_BYTES
"""Memory that replicas of a small model take besides the model."""
SHOWN = 12
"""Tokens of a prompt that the report shows."""


@dataclass(frozen=True)
class Setting:
    """A setting of gradient descent, chosen on tuning episodes.

    Attributes:
        learning_rate: the rate; 0 is the start of GD's path, where nothing is trained yet.
        epoch: the readout, and `readout` its index in the schedule; 0 and None at the start.
        table: mean score of every setting, {learning rate: {epoch: score, or None where a run diverged}}.
        protocol: how it was chosen: split, episodes, orders, choices, criterion; goes into the hash of the rule.
    """

    learning_rate: float
    epoch: int
    readout: int | None
    table: dict[str, dict[str, float | None]]
    protocol: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lab:
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

    def of(self, model: CausalModel) -> "Lab":
        """Return the same laboratory with another model; its episodes and orders are the same."""
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

    def in_context(
        self, shots: int = SHOTS, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> LogProbs:
        """Measure in-context learning: log-probs (episodes, orders, queries, vocabulary); 0 shots is zero-shot."""
        n = self.count(split, n)
        drawn = self.episodes(split, n)
        order = self.orders(split, n, shots, orders)
        key = {
            "learner": "in_context",
            **self._identity(drawn),
            "orders": order.ravel().tolist(),
            "shots": shots,
        }
        longest = max(len(prompt.ids) for prompt in drawn[0].prompts(order[0, 0]))
        work = Workload("icl", self.tier.queries, longest, keeps_scores=self._keeps_scores())
        return _from_arrays(self._measured(key, work, lambda: _to_arrays(in_context(self.model, drawn, order))))

    def zero_shot(self, split: str = "evaluation", n: int | None = None) -> LogProbs:
        """Measure the model without demonstrations: log-probs (episodes, queries, vocabulary)."""
        return self.in_context(0, 1, split, n)[:, 0]

    def descend(
        self,
        optimizer: str,
        schedule: Schedule,
        shots: int = SHOTS,
        orders: int = 1,
        split: str = "evaluation",
        part: str = "whole",
        n: int | None = None,
        objective: str = LABELS,
    ) -> Runs:
        """Measure gradient descent on the demonstrations; see `learners.gradient_descent`."""
        n = self.count(split, n)
        drawn, rule = self.episodes(split, n), get_optimizer(optimizer)
        order = self.orders(split, n, shots, orders)

        def compute() -> dict[str, NDArray[np.generic]]:
            runs = gradient_descent(self.model, drawn, order, rule, schedule, part, objective)
            return {**_to_arrays(runs.log_probs), "diverged": runs.diverged, "loss": runs.loss}

        key = {
            "learner": "gradient_descent",
            **self._identity(drawn),
            "orders": order.ravel().tolist(),
            "shots": shots,
            "optimizer": [rule.name, rule.rule, str(rule.batch)],
            "learning_rates": list(schedule.learning_rates),
            "readouts": list(schedule.readouts),
            "part": part,
            **_unless_of_labels(objective),
        }
        a = self._measured(key, self._descent(drawn, order, rule, part, objective), compute)
        return Runs(_from_arrays(a), a["diverged"].astype(bool), a["loss"].astype(np.float32, copy=False))

    def tune(
        self,
        optimizer: str,
        score: Score,
        schedule: Schedule,
        shots: int = SHOTS,
        part: str = "whole",
        n: int | None = None,
        orders: int = 1,
        criterion: str = "",
        objective: str = LABELS,
    ) -> Setting:
        """Choose the learning rate and readout with the highest mean score on the tuning episodes.

        The start of GD's path, before any step, is a setting too: the most favourable GD is never worse, on these
        episodes, than not training. A setting in which any run diverged is not eligible. Ties go to the start, then
        to the smaller rate, then to the earlier epoch.

        Args:
            optimizer: name of an optimizer.
            score: scores the predictions of one setting in one order.
            schedule: the settings.
            shots: demonstrations to train on.
            part: what is trained, one of models.projections.PARTS.
            n: tuning episodes; by default the tier's number for full-batch GD.
            orders: orders of the demonstrations, all scored.
            criterion: what the score is, in words, for the record.
            objective: what GD minimises, one of learners.OBJECTIVES.
        """
        runs = self.descend(optimizer, schedule, shots, orders, "tuning", part, n, objective)
        usable = np.logical_not(np.any(runs.diverged, axis=(0, 1)))
        start = float(score(self.zero_shot("tuning", n)).mean())
        best, chosen = start, Setting(0.0, 0, None, {})
        table: dict[str, dict[str, float | None]] = {"0": {"0": start}}
        for i, rate in enumerate(schedule.learning_rates):
            row = table.setdefault(f"{rate:g}", {})
            for j, epoch in enumerate(schedule.readouts):
                mean = (
                    float(np.mean([score(runs.log_probs[:, o, i, j]) for o in range(orders)])) if usable[i, j] else None
                )
                row[str(epoch)] = mean
                if mean is not None and mean > best:
                    best, chosen = mean, Setting(rate, epoch, j, {})
        protocol: dict[str, Json] = {
            "split": "tuning",
            "episodes": self.count("tuning", n),
            "orders": orders,
            "demonstrations": shots,
            "optimizer": optimizer,
            "part": part,
            "learning_rates": list(schedule.learning_rates),
            "epochs": list(schedule.readouts),
            "criterion": f"highest mean {criterion}".rstrip(),
            "not_training_is_a_choice": True,
            **_unless_of_labels(objective),
        }
        return replace(chosen, table=table, protocol=protocol)

    @cached_property
    def no_icl(self) -> str:
        """Why claims about ICL cannot be judged here; empty where the model learns in context.

        The precondition: accuracy over the whole vocabulary with 8 demonstrations above zero-shot, and above repeating
        the demonstrations' most frequent label (`why_no_icl`). A plan judges nothing and asks for none.
        """
        if self.plan:
            return ""
        n = self.count()
        answers = self.answers("evaluation", n)
        with_demonstrations = correct(self.in_context()[:, 0], answers).mean(-1)
        without = correct(self.zero_shot(), answers).mean(-1)
        shown = self.orders("evaluation", n, SHOTS, 1)[:, 0]
        repeated = repeating(self.episodes("evaluation", n), shown)
        return why_no_icl(with_demonstrations, without, repeated, SHOTS, self.task.name)

    def take_room_for_copy(self, dtype: str) -> None:
        """Take room for GD on a copy of the model in another number format, beside the model itself.

        Raises:
            InsufficientMemoryError: the device has less memory than is needed.
        """
        if self.room is None:
            return
        shape = self.model.shape
        copied = skeleton(self.model.config, FORMATS[dtype], self.model.masked)
        drawn = self.episodes("tuning", 1)
        work = self._descent(drawn, np.arange(SHOTS)[None, None], get_optimizer("gd"), "whole")
        self.room.take(copied, self.model.name, [work], shape.weight_bytes)

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
        names = self.model.tokenizer.convert_ids_to_tokens(ids)
        return {"first": [{"id": i, "token": str(name)} for i, name in zip(ids, names, strict=True)]}

    def _measured(self, key: Key, work: Workload, compute: Callable[[], Arrays]) -> Arrays:
        """Take room, then measure what is not stored yet; room comes first, for the store holds a lock meanwhile.

        Raises:
            InsufficientMemoryError, OutOfMemoryError: the device has less memory than is needed.
        """
        if (found := self.store.find(key)) is not None:
            return found
        room, shape = self.room, self.model.shape
        watched = room is not None and shape.parameters > LARGE
        if room is not None:
            room.take(shape, self.model.name, [work], REPLICAS if shape.parameters <= LARGE else 0)
            _ = self.model.module  # fetched now, outside the store's lock and outside of what is watched

        def measured() -> Arrays:
            try:
                with room.watch(shape, work) if room is not None and watched else nullcontext():
                    return compute()
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                needed = estimate(shape, work, self.model.device.type)
                raise OutOfMemoryError(
                    f"{self.model.name}: {work.kind} ran out of memory on {self.model.device}, even one prompt at a "
                    f"time. It needs about {needed}. Use a smaller model or a device with more memory."
                ) from error

        return self.store.measure(key, measured)

    def _descent(
        self, drawn: Sequence[EpisodePrompts], order: Ints, rule: Optimizer, part: str, objective: str = LABELS
    ) -> Workload:
        """Return what GD takes, from the first episode's examples; of whole sequences, with their label."""
        examples = drawn[0].examples(order[0, 0])
        longest = max(len(prompt.ids) for prompt in examples) + (objective != LABELS)
        shape = self.model.shape
        names = None if part == "whole" else tuple(trained(shape.module, part))
        return step_workload(shape, rule, len(examples), longest, names, self._keeps_scores(), objective != LABELS)

    def _keeps_scores(self) -> bool:
        return str(self.model.config._attn_implementation) == "eager"

    def _identity(self, episodes: list[EpisodePrompts]) -> dict[str, str | int | bool | list[str]]:
        model = self.model
        return {
            "model": model.digest,
            "device": model.device.type,
            "spread": model.spread,
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "attention": str(model.config._attn_implementation),
            "episodes": [episode.digest for episode in episodes],
        }


@dataclass(frozen=True, eq=False)
class Series:
    """Checkpoints of one training run: their laboratories and their training steps, ascending."""

    labs: tuple[Lab, ...]
    steps: tuple[int, ...]


@lru_cache(maxsize=64)
def _episodes(task: Task, seed: int, split: str, n: int, queries: int, reader: Reader) -> tuple[EpisodePrompts, ...]:
    return tuple(task.encode(task.episode(seed, split, i, queries), reader) for i in range(n))


def _unless_of_labels(objective: str) -> dict[str, str]:
    """Return the objective for a key or a record; the labels' goes without saying, as in those of before."""
    return {} if objective == LABELS else {"objective": objective}


def _to_arrays(log_probs: LogProbs) -> dict[str, NDArray[np.generic]]:
    """Return predictions as the store keeps them."""
    if isinstance(log_probs, TopLogProbs):
        size = np.array(log_probs.vocabulary)
        return {"log_probs": log_probs.log_probs, "token_ids": log_probs.ids, "vocabulary": size}
    return {"log_probs": log_probs}


def _from_arrays(arrays: dict[str, NDArray[np.generic]]) -> LogProbs:
    """Return predictions from what the store kept."""
    log_probs = arrays["log_probs"].astype(np.float32, copy=False)
    if "token_ids" not in arrays:
        return log_probs
    return TopLogProbs(arrays["token_ids"].astype(np.int32, copy=False), log_probs, int(arrays["vocabulary"].item()))
