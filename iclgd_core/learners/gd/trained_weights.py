"""The weights that gradient descent ends in, for what is read off them: activations, updates, sparsity."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.learners.gd.in_place import in_place_weights
from iclgd_core.learners.gd.objectives import LABELS
from iclgd_core.learners.gd.optimizers import Optimizer, Stack
from iclgd_core.learners.gd.replicas import in_replicas, replica_weights
from iclgd_core.learners.gd.run import Run, Schedule, all_runs
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import trained
from iclgd_core.tasks.prompts import EpisodePrompts

Ints = NDArray[np.int64]


def trained_weights(
    model: CausalModel,
    episodes: Sequence[EpisodePrompts],
    orders: Ints,
    optimizer: Optimizer,
    schedule: Schedule,
    part: str = "whole",
    objective: str = LABELS,
) -> Iterator[tuple[Run, Stack]]:
    """Train as `gradient_descent` does and yield each run with the trained parameters after its last readout.

    Args:
        model: the model to start from; its weights are as they were whenever a run is handed out.
        episodes: in the model's tokens, with equally many queries.
        orders: indices into the demonstrations, (episodes, orders, n); mini-batches follow this order.
        optimizer: update rule and batch size.
        schedule: learning rates and readouts, of which the last is read.
        part: what is trained, one of models.language.projections.PARTS.
        objective: what is minimised, one of objectives.OBJECTIVES.

    Yields:
        Runs by learning rate, then episode, then order; and by name the trained parameters, in whole even where only a
        part of one is trained, on the model's device. NaN or infinity where the run diverged. One run's weights are
        there at a time: copy what shall be kept.

    Raises:
        As `gradient_descent`; NotRunError also for a model on several devices.
    """
    if model.spread > 1:
        raise NotRunError(
            f"trained weights are read on one device, and model {model.name!r} lies on {model.spread}; use a smaller "
            "model, or a larger device."
        )
    runs = all_runs(model, episodes, orders, schedule, objective)
    own, epochs = trained(model.module, part), schedule.readouts[-1]
    engine = replica_weights if in_replicas(model, own, optimizer, runs) else in_place_weights
    yield from zip(runs, engine(model, own, optimizer, epochs, runs), strict=True)
