"""The mutations of outputs for a study that asks the learners themselves, in float64, without a laboratory.

The same stand-ins as in `laboratory`, for functions of the form of `learners.in_context` and
`learners.gradient_descent`: the invariance study calls these two by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.mutations import Mutation
from iclgd_core.learners import (
    Optimizer,
    Runs,
    Schedule,
    get_optimizer,
    in_context,
)
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs
from iclgd_core.tasks.prompts import EpisodePrompts
from tests.mutations.laboratory import STAND_INS, Learner, at_every_setting, in_every_order

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MutatedLearners:
    """Both learners under a mutation of STAND_INS; full-batch GD at `setting` stands in for ICL.

    Attributes:
        mutation: what stands in for what.
        setting: one learning rate and one readout.
    """

    mutation: Mutation
    setting: Schedule

    def in_context(self, model: CausalModel, episodes: Sequence[EpisodePrompts], orders: Ints) -> LogProbs:
        """Return what stands where ICL is asked for; arguments and result as those of `learners.in_context`."""
        learner = STAND_INS[self.mutation][0]
        return self._outputs("icl" if learner == "itself" else learner, model, episodes, orders)

    def gradient_descent(
        self,
        model: CausalModel,
        episodes: Sequence[EpisodePrompts],
        orders: Ints,
        optimizer: Optimizer,
        schedule: Schedule,
        part: str = "whole",
        objective: str = "labels",
    ) -> Runs[LogProbs]:
        """Return what stands where GD is asked for; arguments and result as those of `learners.gradient_descent`."""
        learner = STAND_INS[self.mutation][1]
        if learner == "itself":
            return gradient_descent(model, episodes, orders, optimizer, schedule, part, objective)
        one = self._outputs(learner, model, episodes, orders)
        return at_every_setting(one, schedule)

    def _outputs(
        self,
        learner: Learner,
        model: CausalModel,
        episodes: Sequence[EpisodePrompts],
        orders: Ints,
    ) -> LogProbs:
        if learner == "gd":
            runs = gradient_descent(model, episodes, orders, get_optimizer("gd"), self.setting)
            return runs.predictions[:, :, 0, 0]
        if learner == "zero-shot":
            return in_every_order(in_context(model, episodes, orders[:, :1, :0]), orders.shape[1])
        return in_context(model, episodes, orders)
