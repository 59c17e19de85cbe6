"""Tasks whose demonstrations carry labels drawn at random, or none (arXiv 2202.12837, sections 4 and 5)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.evidence.plain import Json
from iclgd_core.seeds import stream
from iclgd_core.tasks.episode import Episode
from iclgd_core.tasks.ginc.task import GincTask
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.registry import Task
from iclgd_core.tasks.text.by_name import has_open_answers
from iclgd_core.tasks.text.text_episode import TextEpisode

Ints = NDArray[np.int64]

DRAWS = {"uniform": "random-labels", "marginal": "marginal-labels"}
"""How a label is drawn, and what the task is then called: uniformly from the labels, or as often as they occur."""


@dataclass(frozen=True)
class RelabelledTask:
    """A task with the label of every demonstration drawn anew, without regard to its input.

    Inputs, queries and right answers are those of the task. Labels come from the episode's label set (of GINC: every
    symbol that is the label of some demonstration or query; of a text task: its classes).

    Attributes:
        task: whose episodes are relabelled.
        draw: "uniform": each label of the set is as likely; "marginal": as likely as among the task's demonstrations.
    """

    task: Task
    draw: str = "uniform"

    def __post_init__(self) -> None:
        """Refuse what cannot be relabelled.

        Raises:
            UnknownNameError: no such draw.
            NotRunError: a task with open answers.
        """
        if self.draw not in DRAWS:
            raise UnknownNameError("draw of labels", self.draw, DRAWS)
        if has_open_answers(self.task):
            raise NotRunError(
                f"the answers of task {self.task.name!r} are open, so there are no labels to draw others from; take a "
                "task of a few labels."
            )

    @property
    def name(self) -> str:
        """Name in reports: `ginc-k5-random-labels`, `ginc-k5-marginal-labels`."""
        return f"{self.task.name}-{DRAWS[self.draw]}"

    def episode(self, seed: int, split: str, index: int, queries: int) -> Any:
        """Draw the task's episode, and new labels for its demonstrations.

        Raises:
            NotRunError: a task of one's own whose episodes are of another kind.
        """
        drawn, rng = self.task.episode(seed, split, index, queries), stream(seed, self.name, split, index, "labels")
        if isinstance(drawn, Episode):
            labels = self._labels(drawn.labels, drawn.label_set, rng)
            return replace(drawn, task=self.name, labels=labels)
        if isinstance(drawn, TextEpisode):
            old = np.array([row.label for row in drawn.demonstrations])
            labels = self._labels(old, np.arange(len(drawn.columns.classes)), rng)
            rows = zip(drawn.demonstrations, labels.tolist(), strict=True)
            return replace(drawn, task=self.name, demonstrations=tuple(replace(row, label=y) for row, y in rows))
        raise NotRunError(f"episodes of task {self.task.name!r} ({type(drawn).__name__}) cannot be relabelled.")

    def encode(self, episode: Any, reader: Reader) -> EpisodePrompts:
        """Write an episode in a model's tokens, as the task does."""
        return self.task.encode(episode, reader)

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations, as the task does."""
        self.task.check(reader, shots)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about its prompts."""
        return self.task.protocol() | {"labels of demonstrations": f"random, {self.draw}"}

    def _labels(self, labels: Ints, label_set: Ints, rng: np.random.Generator) -> Ints:
        choices = label_set if self.draw == "uniform" else labels
        return np.asarray(rng.choice(choices, size=len(labels)), dtype=np.int64)


@dataclass(frozen=True)
class UnlabelledTask:
    """GINC with the label of every demonstration left out: x / x / ... / x. For ICL alone; GD has nothing to train on.

    A demonstration is written as an example one symbol shorter, whose last input symbol stands where a label would.

    Attributes:
        task: whose demonstrations lose their labels; k >= 3, so that an input of one symbol is left.
    """

    task: GincTask

    def __post_init__(self) -> None:
        if self.task.k < 3:
            raise NotRunError(
                f"demonstrations of {self.task.name!r} have one input symbol, so no label can be left out."
            )

    @property
    def name(self) -> str:
        """Name in reports: `ginc-k5-no-labels`."""
        return f"{self.task.name}-no-labels"

    def episode(self, seed: int, split: str, index: int, queries: int) -> Episode:
        """Draw the task's episode and leave the labels of its demonstrations out."""
        drawn = self.task.episode(seed, split, index, queries)
        x = drawn.demonstrations
        return replace(drawn, task=self.name, demonstrations=x[:, :-1], labels=x[:, -1])

    def encode(self, episode: Episode, reader: Reader) -> EpisodePrompts:
        """Write an episode in a model's tokens, as the task does."""
        return self.task.encode(episode, reader)

    def check(self, reader: Reader, shots: int) -> None:
        """Check, without weights, that a model can read prompts of so many demonstrations; these are shorter."""
        self.task.check(reader, shots)

    def protocol(self) -> dict[str, Json]:
        """Return what is fixed about its prompts."""
        return self.task.protocol() | {"labels of demonstrations": "none"}
