"""A laboratory that gives the outputs of one learner where another is asked for.

"GD's outputs" in place of ICL: those of `optimizer`, `part` and `objective`, trained at the fixed setting of
`fixed_setting` on the demonstrations that ICL is shown, in the same orders and episodes. In place of GD, under
GD_AS_BOTH: the same setting, with the optimizer, part and objective that are asked for, at every rate and readout.

"ICL's outputs" in place of GD: the predictions behind the demonstrations that GD trains on, in the same order, at
every learning rate and readout. Of more than 8 demonstrations ICL is shown the first 8, all that claims show it.

"Zero-shot": the predictions without demonstrations, the same for every order, learning rate and readout. Where no
demonstrations are asked for, nothing is mutated.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from iclgd_core.errors import DivergedError, SettingsError
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.tiers import Tier
from iclgd_core.learners import Runs, Schedule, get_optimizer
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs
from iclgd_core.studies.open.rule_schedules import SCHEDULES

Learner = Literal["itself", "icl", "gd", "zero-shot"]

STAND_INS: dict[Mutation, tuple[Learner, Learner]] = {
    Mutation.SWAPPED: ("gd", "icl"),
    Mutation.GD_AS_BOTH: ("gd", "gd"),
    Mutation.ICL_AS_BOTH: ("itself", "icl"),
    Mutation.ZERO_SHOT_AS_ICL: ("zero-shot", "itself"),
    Mutation.ZERO_SHOT_AS_GD: ("itself", "zero-shot"),
}
"""What stands where ICL is asked for, and what where GD is."""


def fixed_setting(tier: Tier, optimizer: str) -> Schedule:
    """Return one setting that trains: the tier's smallest learning rate and last readout.

    The larger rates of a tier are there to be chosen among; some break a small model, and the outputs of a broken model
    are not GD's. The rate of a Newton-like rule is a length of step and has a schedule of its own.
    """
    rule = get_optimizer(optimizer).rule
    schedule = tier.of(SCHEDULES)["newton"] if rule == "newton" else tier.schedule(rule)
    return Schedule((min(schedule.learning_rates),), schedule.readouts[-1:])


def at_every_setting(log_probs: LogProbs, schedule: Schedule) -> Runs[LogProbs]:
    """Return runs that give the same log-probs (episodes, orders, queries, vocabulary) at every rate and readout."""
    flags = (*log_probs.shape[:2], len(schedule.learning_rates), len(schedule.readouts))
    here = log_probs[:, :, None, None]
    if isinstance(here, TopLogProbs):
        everywhere: LogProbs = here.repeat(flags[2], axis=2).repeat(flags[3], axis=3)
    else:
        everywhere = np.broadcast_to(here, (*flags, *here.shape[4:])).copy()
    return Runs(everywhere, np.zeros(flags, dtype=np.bool_), np.zeros(flags, dtype=np.float32))


def in_every_order(log_probs: LogProbs, orders: int) -> LogProbs:
    """Return predictions (episodes, 1, ...) as (episodes, orders, ...), the same for each."""
    return log_probs.repeat(orders, axis=1)


@dataclass(frozen=True, eq=False, kw_only=True)
class MutatedLab(Lab):
    """A laboratory whose outputs are mutated; its precondition is judged on the mutated outputs too.

    Attributes:
        base: the laboratory that measures; it always has the model, task, tier and seed of this one, so that a study
            that asks for the same laboratory on other labels or another model gets that one's mutation.
        mutation: one of STAND_INS.
        optimizer, part, objective: which GD stands in for ICL.
    """

    base: Lab
    mutation: Mutation
    optimizer: str = "gd"
    part: str = "whole"
    objective: str = LABELS

    def __post_init__(self) -> None:
        if self.mutation not in STAND_INS:
            raise SettingsError(
                f"mutation {str(self.mutation)!r} does not replace outputs; those that do: {', '.join(STAND_INS)}."
            )
        own = {field.name: getattr(self, field.name) for field in fields(Lab)}
        if any(getattr(self.base, name) is not value for name, value in own.items()):
            object.__setattr__(self, "base", replace(self.base, **own))

    def in_context(
        self, shots: int | None = None, orders: int = 1, split: str = "evaluation", n: int | None = None
    ) -> LogProbs:
        """Return what stands where ICL is asked for: log-probs (episodes, orders, queries, vocabulary)."""
        shots = self.shots if shots is None else shots
        learner = STAND_INS[self.mutation][0] if shots else "itself"
        if learner == "itself":
            return self.base.in_context(shots, orders, split, n)
        return self._outputs(learner, self.optimizer, shots, orders, split, self.part, n, self.objective)

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
    ) -> Runs[LogProbs]:
        """Return what stands where GD is asked for, at every learning rate and readout of the schedule."""
        shots = self.shots if shots is None else shots
        learner = STAND_INS[self.mutation][1]
        if learner == "itself":
            return self.base.descend(optimizer, schedule, shots, orders, split, part, n, objective)
        one = self._outputs(learner, optimizer, shots, orders, split, part, n, objective)
        return at_every_setting(one, schedule)

    def _outputs(
        self,
        learner: Learner,
        optimizer: str,
        shots: int,
        orders: int,
        split: str,
        part: str,
        n: int | None,
        objective: str,
    ) -> LogProbs:
        """Return a learner's log-probs (episodes, orders, queries, vocabulary).

        Raises:
            DivergedError: GD diverged at the fixed setting, so there is nothing to put in the place of ICL.
        """
        if learner == "icl":
            return self.base.in_context(min(shots, SHOTS), orders, split, n)
        if learner == "zero-shot":
            return in_every_order(self.base.in_context(0, 1, split, n), orders)
        setting = fixed_setting(self.tier, optimizer)
        runs = self.base.descend(optimizer, setting, shots, orders, split, part, n, objective)
        if runs.diverged.any():
            raise DivergedError(
                f"{int(runs.diverged.sum())} of {runs.diverged.size} runs of {optimizer} at the fixed setting of "
                f"mutation {str(self.mutation)!r} diverged; there are no outputs to feed."
            )
        return runs.predictions[:, :, 0, 0]
