"""What every laboratory is: one model on one task at one tier, its splits, the orders of demonstrations, its store."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.precondition import Gains, why_no_icl
from iclgd_core.lab.search import rule_of
from iclgd_core.lab.searched import searched
from iclgd_core.lab.setting import Score, Setting, highest
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import Runs, Schedule
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.learners.gd.run import Predictions
from iclgd_core.seeds import stream

Ints = NDArray[np.int64]


class Named(Protocol):
    """A model or a task, as far as every laboratory knows it."""

    @property
    def name(self) -> str:
        """Name, as reports show it."""


@dataclass(frozen=True, eq=False)
class BaseLab(ABC, Generic[Predictions]):
    """One model on one task at one tier, of language or of regression: both answer the same questions.

    Attributes:
        model, task, tier: what is measured, and how much of it.
        seed: the run's seed; all streams derive from it by name.
        store: where measurements are kept for other workers and runs; None for those of a regression model that takes
            seconds, which are kept in this process alone.
        plan: judge on tuning episodes instead, to see the variance before the evaluation.
    """

    model: Named
    task: Named
    tier: Tier | str
    seed: int
    store: Store | None
    plan: bool = False

    @property
    @abstractmethod
    def shots(self) -> int:
        """The number of demonstrations where none is asked for."""

    @property
    @abstractmethod
    def searches(self) -> bool:
        """Whether a setting of gradient descent is searched for beyond the schedule that it is asked for on."""

    @abstractmethod
    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> Predictions:
        """Measure in-context learning: predictions (episodes, orders, queries, ...)."""

    @abstractmethod
    def zero_shot(self, split: str = "evaluation", n: int | None = None) -> Predictions:
        """Measure the model without demonstrations: predictions (episodes, queries, ...)."""

    @abstractmethod
    def descend(
        self,
        optimizer: str,
        schedule: Schedule,
        shots: int | None = None,
        orders: int = 1,
        split: str = "evaluation",
        part: str = "whole",
        n: int | None = None,
        objective: str = LABELS,
    ) -> Runs[Predictions]:
        """Measure gradient descent on the weights of the network, trained on the demonstrations."""

    @abstractmethod
    def nudged(self) -> Self:
        """Return the same with weights that were moved by one rounding, from which gradient descent begins."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """The tier's numbers of tuning episodes and of evaluation episodes."""

    @abstractmethod
    def gains(self) -> Gains:
        """Return what demonstrations gain on the evaluation episodes: what the precondition is judged on."""

    @abstractmethod
    def computed(self) -> dict[str, Json]:
        """Return how the model is computed, for the report."""

    def of(self, model: Named) -> Self:
        """Return the same with another model; its episodes and orders are the same."""
        return replace(self, model=model)

    def where(self, split: str) -> str:
        """Return the split whose episodes stand for a split's: "tuning" for every one where the run is a plan."""
        return "tuning" if self.plan else split

    def count(self, split: str = "evaluation", n: int | None = None) -> int:
        """Return the number of episodes of a split: n, or the tier's number if n is None."""
        tuning, evaluation = self.sizes
        if self.plan:
            return tuning
        return (tuning if split == "tuning" else evaluation) if n is None else n

    def orders(self, split: str, n: int, shots: int, orders: int) -> Ints:
        """Draw orders of the demonstrations, (n, orders, shots): the first as drawn, the others random.

        Raises:
            SettingsError: other than whole numbers, none of episodes or orders, or several orders of fewer than two.
        """
        for name, value, least in (("episodes", n, 1), ("demonstrations", shots, 0), ("orders", orders, 1)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise SettingsError(f"the number of {name} is {value!r}. Allowed: a whole number from {least}.")
        if orders > 1 and shots < 2:
            raise SettingsError(
                f"{orders} orders of {shots} demonstrations are all the same. Ask for one, or for more."
            )
        out = np.tile(np.arange(shots), (n, orders, 1))
        for e in range(n):
            rng = stream(self.seed, self.task.name, self.where(split), e, "orders", shots)
            for o in range(1, orders):
                out[e, o] = rng.permutation(shots)
        return out

    def tune(
        self,
        optimizer: str,
        score: Score[Predictions],
        schedule: Schedule,
        shots: int | None = None,
        part: str = "whole",
        n: int | None = None,
        orders: int = 1,
        criterion: str = "",
        objective: str = LABELS,
    ) -> Setting:
        """Choose the learning rate and readout with the highest mean score on the tuning episodes.

        From the schedule alone (see `highest`), or by a search that begins there (see `searched`).

        Args:
            optimizer: name of an optimizer.
            score: scores the predictions of one setting in one order.
            schedule: the settings.
            shots: demonstrations to train on.
            part: what is trained, one of models.language.projections.PARTS.
            n: tuning episodes; by default the tier's number for full-batch GD.
            orders: orders of the demonstrations, all scored.
            criterion: what the score is, in words, for the record.
            objective: what GD minimises, one of learners.OBJECTIVES.
        """
        episodes, shown = self.count("tuning", n), self.shots if shots is None else shots
        grid: dict[str, Json] = {
            "learning_rates": list(schedule.learning_rates),
            "epochs": list(schedule.readouts),
        }
        protocol: dict[str, Json] = {
            "split": "tuning",
            "episodes": episodes,
            "orders": orders,
            "demonstrations": shown,
            "optimizer": optimizer,
            "part": part,
            **(rule_of(schedule) if self.searches else grid),
            "criterion": f"highest mean {criterion}".rstrip(),
            "not_training_is_a_choice": True,
            **unless_of_labels(objective),
        }

        def descend(asked: Schedule, some: int, nudged: bool = False, /) -> Runs[Predictions]:
            lab = self.nudged() if nudged else self
            return lab.descend(optimizer, asked, shown, orders, "tuning", part, some, objective)

        def zero_shot(some: int) -> Predictions:
            return self.zero_shot("tuning", some)

        if self.searches:
            found = searched(descend, zero_shot, score, schedule, episodes, orders)
        else:
            found = highest(descend(schedule, episodes), zero_shot(episodes), schedule, score, orders)
        return replace(found, protocol=protocol)

    @cached_property
    def no_icl(self) -> str:
        """Why claims about ICL cannot be judged here; empty where the model learns in context.

        The precondition is that of `gains`. A plan judges nothing and asks for none.
        """
        return "" if self.plan else why_no_icl(self.gains())


def unless_of_labels(objective: str) -> dict[str, str]:
    """Return the objective for a key or a record; the labels' goes without saying, as in those of before."""
    return {} if objective == LABELS else {"objective": objective}
