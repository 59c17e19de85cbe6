"""Episode: the unit of randomness of every claim."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Episode:
    """One draw of a task: a pool of demonstrations and a set of queries, all from one seed.

    All symbols are ids of the task's own vocabulary (`Task.symbols`); a model's token ids come later.

    Attributes:
        task: name of the task.
        index: number of the episode in its split.
        split: "tuning" (settings are chosen on it) or "evaluation" (claims are judged on it).
        demonstrations: inputs of the pool, (pool, length); the first N are the N demonstrations.
        labels: label of each demonstration, (pool,).
        queries: inputs of the queries, (queries, length).
        answers: right label of each query, (queries,).
        separator: symbols between a demonstration and what follows, (s,).
    """

    task: str
    index: int
    split: str
    demonstrations: Ints
    labels: Ints
    queries: Ints
    answers: Ints
    separator: Ints

    @cached_property
    def label_set(self) -> Ints:
        """Symbols that occur as the label of some demonstration or query, ascending."""
        return np.unique(np.concatenate([self.labels, self.answers]))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a learner sees; names the episode in a measurement's key."""
        h = hashlib.sha256(f"{self.task}/{self.split}/{self.index}".encode())
        for array in (self.demonstrations, self.labels, self.queries, self.answers, self.separator):
            h.update(str(array.shape).encode() + np.ascontiguousarray(array, dtype=np.int64).tobytes())
        return h.hexdigest()
