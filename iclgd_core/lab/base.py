"""What every laboratory is: one model on one task at one tier, its splits, the orders of demonstrations, its store."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.precondition import Gains, why_no_icl
from iclgd_core.lab.store import Store
from iclgd_core.lab.tiers import Tier
from iclgd_core.seeds import stream

Ints = NDArray[np.int64]


class Named(Protocol):
    """A model or a task, as far as every laboratory knows it."""

    @property
    def name(self) -> str:
        """Name, as reports show it."""


@dataclass(frozen=True, eq=False)
class BaseLab(ABC):
    """One model on one task at one tier.

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

    @cached_property
    def no_icl(self) -> str:
        """Why claims about ICL cannot be judged here; empty where the model learns in context.

        The precondition is that of `gains`. A plan judges nothing and asks for none.
        """
        return "" if self.plan else why_no_icl(self.gains())
