"""Measuring once: memory is taken first, and what was measured is kept under everything that decides it."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.devices import OutOfMemoryError, Room, Workload, estimate, is_out_of_memory
from iclgd_core.evidence.progress import with_progress
from iclgd_core.lab.store import Store
from iclgd_core.lab.store.key import Key
from iclgd_core.lab.store.store import Arrays
from iclgd_core.learners.gd.replicas import ACTIVATION_BYTES, REPLICA_BYTES
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import LARGE
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.tasks.prompts import EpisodePrompts

REPLICAS = REPLICA_BYTES + ACTIVATION_BYTES
"""Memory that replicas of a small model take besides the model."""
VOCABULARY = "vocabulary"
Item = TypeVar("Item")
Measure = Callable[[Sequence[Item], slice], Arrays]
"""Measures some of several items, which stand at a slice of them."""


def identity(model: CausalModel, episodes: Sequence[EpisodePrompts]) -> Key:
    """Return what decides a measurement's numbers besides learner and settings: model, its arithmetic, episodes."""
    return {
        "model": model.digest,
        "device": model.device.type,
        "spread": model.spread,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "attention": str(model.config._attn_implementation),
        "episodes": [episode.digest for episode in episodes],
    }


def measured(
    model: CausalModel, store: Store, room: Room | None, key: Key, work: Workload, compute: Callable[[], Arrays]
) -> Arrays:
    """Take room, then measure what is not stored yet; room comes first, for the store holds a lock meanwhile.

    Args:
        model: that is measured.
        store: where measurements are kept.
        room: takes memory; None where memory is no concern.
        key: everything that decides the numbers.
        work: the memory that it takes.
        compute: makes the arrays.

    Raises:
        InsufficientMemoryError, OutOfMemoryError: the device has less memory than is needed.
    """
    if (found := store.find(key)) is not None:
        return found
    shape = model.shape
    watched = room is not None and shape.parameters > LARGE
    if room is not None:
        room.take(shape, model.name, [work], REPLICAS if shape.parameters <= LARGE else 0)
        _ = model.module  # fetched now, outside the store's lock and outside of what is watched

    def within_room() -> Arrays:
        try:
            with room.watch(shape, work) if room is not None and watched else nullcontext():
                return compute()
        except Exception as error:  # torch and its allocators have several for lack of memory; any other goes on
            if not is_out_of_memory(error):
                raise
            needed = estimate(shape, work, model.device.type)
            raise OutOfMemoryError(
                f"{model.name}: {work.kind} ran out of memory on {model.device}, even one prompt at a time. It needs "
                f"about {needed}. Use a smaller model or a device with more memory."
            ) from error

    return store.measure(key, within_room)


def in_parts(model: CausalModel, items: Sequence[Item], axis: int, what: str, measure: Measure[Item]) -> Arrays:
    """Return a measurement of several items: of a large model one after the other, each kept on its own, else together.

    What was measured of a large model before a run was killed is found again, and who asks for more episodes or rates
    than another measures the rest alone.

    Args:
        model: that is measured.
        items: episodes in the model's tokens, with one set of labels where the vocabulary is large; or learning rates.
        axis: of the arrays, along which the items stand; that of VOCABULARY has none.
        what: the items are, to tell how far it has come.
        measure: measures some of them, which stand at a slice.
    """
    if model.shape.parameters <= LARGE:
        return measure(items, slice(None))
    places = [slice(i, i + 1) for i in range(len(items))]
    parts = [measure(items[at], at) for at in with_progress(places, what)]
    whole = {name: np.concatenate([part[name] for part in parts], axis) for name in parts[0] if name != VOCABULARY}
    return whole | {name: size for name, size in parts[0].items() if name == VOCABULARY}


def to_arrays(log_probs: LogProbs) -> dict[str, NDArray[np.generic]]:
    """Return predictions as the store keeps them."""
    if isinstance(log_probs, TopLogProbs):
        size = np.array(log_probs.vocabulary)
        return {"log_probs": log_probs.log_probs, "token_ids": log_probs.ids, VOCABULARY: size}
    return {"log_probs": log_probs}


def from_arrays(arrays: Arrays) -> LogProbs:
    """Return predictions from what the store kept."""
    log_probs = arrays["log_probs"].astype(np.float32, copy=False)
    if "token_ids" not in arrays:
        return log_probs
    return TopLogProbs(arrays["token_ids"].astype(np.int32, copy=False), log_probs, int(arrays[VOCABULARY].item()))
