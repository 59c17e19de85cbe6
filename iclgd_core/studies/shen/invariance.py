"""How far an order of the demonstrations moves the output, at worst, in float64 (arXiv 2310.08540, theorem 1)."""

import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iclgd_core.devices.number_format import FLOAT32_UP_TO
from iclgd_core.errors import NotRunError
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.models.language.predictions import LogProbs, TopLogProbs, aligned
from iclgd_core.studies.chosen import refuse_diverged

Floats = NDArray[np.float64]

EPOCHS = 10
EPISODES = 4
RATE = 1e-2
LARGEST = FLOAT32_UP_TO
"""Most weights of a model that is copied in float64: three times the memory of the model itself."""


def invariance_study(lab: Lab) -> Study:
    """Measure the largest change of any probability between orders in float64, in all orders of the tier.

    Numbers, one an episode: "icl"; and "gd" of full-batch GD, which by theorem 1 is 0 up to rounding.

    Raises:
        NotRunError: a model too large for a copy in float64.
    """
    if lab.model.n_parameters > LARGEST:
        raise NotRunError(
            f"the claim needs a copy of the model in float64; {lab.model.name!r} has {lab.model.n_parameters:.2g} "
            f"weights, and copies are made up to {LARGEST:.2g}."
        )
    if lab.model.spread > 1:
        raise NotRunError("the claim needs a copy of the model in float64, which is not made over several devices.")
    lab.take_room_for_copy("float64")
    model = replace(lab.model, held=copy.deepcopy(lab.model.module).double())
    episodes = lab.episodes("evaluation", EPISODES)
    orders = lab.orders("evaluation", EPISODES, SHOTS, lab.tier.orders)
    schedule = Schedule((RATE,), (EPOCHS,))
    runs = gradient_descent(model, episodes, orders, get_optimizer("gd"), schedule)
    refuse_diverged(runs.diverged, "full-batch GD in float64")
    icl = _largest_change(in_context(model, episodes, orders))
    gd = _largest_change(runs.predictions[:, :, 0, 0])
    settings: dict[str, Json] = {"epochs": EPOCHS, "learning_rate": RATE, "dtype": "float64"}
    return Study(
        {"icl": icl, "gd": gd},
        {"icl_change": icl.tolist(), "gd_change": gd.tolist(), **settings},
        {**settings, "orders": lab.tier.orders, "demonstrations": SHOTS},
    )


def _largest_change(log_probs: LogProbs) -> Floats:
    """Return the largest |p_a - p_b| over orders, queries and vocabulary, (episodes,)."""
    if isinstance(log_probs, TopLogProbs):
        log_probs = np.stack(aligned([log_probs[:, o] for o in range(log_probs.shape[1])]), axis=1)
    p = np.exp(log_probs.astype(np.float64))
    return np.asarray((p.max(axis=1) - p.min(axis=1)).max(axis=(-1, -2)))
