"""Many runs in place, one after the other, each answered with the model's own predictions."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from iclgd_core.learners.gd.in_place.descent import InPlaceDescent, Trained
from iclgd_core.learners.gd.in_place.plan import Plan
from iclgd_core.learners.gd.in_place.rounding import Rounding
from iclgd_core.learners.gd.optimizers import Optimizer
from iclgd_core.learners.gd.run import Run, steps_of
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, stacked

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def train_in_place(
    model: CausalModel,
    trained: Trained,
    optimizer: Optimizer,
    readouts: Sequence[int],
    runs: Sequence[Run],
    labels: Ints,
    *,
    rounding: Rounding = "stochastic",
    plan: Plan | None = None,
) -> Iterator[tuple[LogProbs, Floats]]:
    """Train the model itself for one run after the other and answer its queries at every readout.

    Between runs, and afterwards, its weights are what they were before.

    Args:
        model: the model to start from.
        trained: what is trained.
        optimizer: update rule and batch size.
        readouts: epochs, ascending.
        runs: in any order.
        labels: token ids of labels, kept where the vocabulary is large.
        rounding: how bfloat16 weights are updated.
        plan: how a run is fitted into memory.

    Yields:
        For each run, log-probs (readouts, queries, vocabulary) and losses (readouts,); NaN from the readout on before
        which the loss was no longer finite.

    Raises:
        OutOfMemoryError, RestoreError, ModelError, SettingsError: see `InPlaceDescent`.
    """
    each, steps = steps_of(optimizer, readouts[-1], runs, len(runs))
    with InPlaceDescent(model, trained, rounding=rounding, plan=plan) as descent:
        for i, run in enumerate(runs, 1):

            def ask(asked: Run = run) -> LogProbs:
                return model.log_probs([asked.queries], labels)[0]

            answers, losses = descent.descend(optimizer, readouts, run, ask, steps.done)
            steps.reach(i * each)
            known = [one for one in answers if one is not None]
            unknown = _undefined(known[0] if known else ask())
            yield stacked([unknown if one is None else one for one in answers]), losses


def in_place_weights(
    model: CausalModel, trained: Trained, optimizer: Optimizer, epochs: int, runs: Sequence[Run]
) -> Iterator[dict[str, torch.Tensor]]:
    """Train the model itself for one run after the other and yield copies of its trained parameters by name.

    Between runs, and whenever one is handed out, the model's weights are what they were before. bfloat16 weights are
    held in a float32 master copy meanwhile, for weights are what is measured (see `Rounding`).

    Args:
        model: the model to start from.
        trained: what is trained.
        optimizer: update rule and batch size.
        epochs: after how many the weights are read.
        runs: in any order.

    Yields:
        The parameters in whole; NaN throughout where the loss was no longer finite before the last epoch.

    Raises:
        OutOfMemoryError, RestoreError, ModelError, SettingsError, NotRunError: see `InPlaceDescent`.
    """
    each, steps = steps_of(optimizer, epochs, runs, len(runs))
    with InPlaceDescent(model, trained, rounding="master") as descent:
        parameters = descent.parameters

        def copied() -> dict[str, torch.Tensor]:
            return {name: parameter.detach().clone() for name, parameter in parameters.items()}

        for i, run in enumerate(runs, 1):
            [weights], _ = descent.descend(optimizer, (epochs,), run, copied, steps.done)
            steps.reach(i * each)
            if weights is None:
                weights = {name: torch.full_like(parameter, torch.nan) for name, parameter in parameters.items()}
            yield weights


def _undefined(like: LogProbs) -> LogProbs:
    """Return predictions of the same shape that are NaN throughout."""
    if isinstance(like, TopLogProbs):
        return TopLogProbs(like.ids, np.full_like(like.log_probs, np.nan), like.vocabulary)
    return np.full_like(like, np.nan)
