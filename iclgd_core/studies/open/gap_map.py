"""The gap between ICL and GD at every setting of a grid: learning rate x epochs x demonstrations a step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.curves import Curve, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import Schedule
from iclgd_core.metrics import closure_of_agreement
from iclgd_core.studies.accounts import closure_details, icl_and_ends
from iclgd_core.studies.agreements import AGREEMENTS, compared_by
from iclgd_core.studies.points import everywhere, sampled

Floats = NDArray[np.float64]

BATCHES = {"sgd1": 1, "sgd4": 4, "gd": SHOTS}
"""Optimizers of the map and the demonstrations that they see a step, of eight."""

GRIDS = {
    "quick": Schedule((5e-3, 2e-2, 1e-1), (1, 4)),
    "full": Schedule((1e-4, 1e-3, 5e-3, 2e-2, 1e-1, 5e-1), (1, 4, 16, 64)),
}
"""Learning rates and epochs by tier. Towards rate 0 the map ends in zero-shot, whose closure is 0 by definition."""

EPISODES = {"quick": 24, "full": 64}


@dataclass(frozen=True)
class MapSetting:
    """One setting of GD: learning rate, epochs, demonstrations a step."""

    rate: float
    epoch: int
    batch: int

    def __str__(self) -> str:
        return f"rate {self.rate:g}, epoch {self.epoch}, batch {self.batch}"


def gap_map(lab: Lab, agreement: str) -> Study:
    """Measure the agreement of GD with ICL at every setting of the tier's grid, on evaluation episodes.

    Numbers: "ceiling" of ICL in another order of the same demonstrations, "floor" of zero-shot, and those of each
    setting by `str` of its place. Settings at which a run diverged are left out. Nothing is chosen, so that no tuning
    episode is needed.

    Args:
        lab: the laboratory.
        agreement: one of AGREEMENTS.

    Raises:
        DivergedError: every setting diverged.
    """
    agree, grid, n = AGREEMENTS[agreement], lab.tier.of(GRIDS), lab.tier.at_most(lab.tier.of(EPISODES))
    icl, ends = icl_and_ends(lab, agreement, n)
    learner: dict[MapSetting, Floats] = {}
    diverged: list[MapSetting] = []
    for optimizer, batch in BATCHES.items():
        runs = lab.descend(optimizer, grid, n=n)
        for i, j, place in _places(grid, batch):
            if runs.diverged[:, 0, i, j].any():
                diverged.append(place)
            else:
                learner[place] = agree(runs.predictions[:, 0, i, j], icl).mean(-1)
    if not learner:
        raise DivergedError(f"GD diverged at every one of {len(diverged)} settings; there is no map to judge.")
    axes: dict[str, Json] = {
        "learning_rates": list(grid.learning_rates),
        "epochs": list(grid.readouts),
        "batches": list(BATCHES.values()),
    }
    return Study(
        ends | {str(place): values for place, values in learner.items()},
        _details(agreement, grid, axes, learner, ends) | {"diverged": [str(place) for place in diverged]},
        compared_by(agreement, part="whole", **axes),
        curves=_curves(agreement, grid, learner, ends),
    )


def _details(
    agreement: str,
    grid: Schedule,
    axes: dict[str, Json],
    learner: Mapping[MapSetting, Floats],
    ends: Mapping[str, Floats],
) -> dict[str, Json]:
    """Return closure by setting, and that of the setting that agrees with ICL the most; ties go to the first.

    The interval is that of one setting; that it is the best of many makes its closure a little too high.
    """
    floor, ceiling = ends["floor"], ends["ceiling"]
    best = max(learner, key=lambda place: float(learner[place].mean()))
    defined = not closure_of_agreement(ceiling, floor, ceiling).undefined
    whole = float((ceiling - floor).mean())

    def cell(place: MapSetting) -> Json:
        return float((learner[place] - floor).mean()) / whole if place in learner and defined else None

    closures: list[Json] = [
        [[cell(MapSetting(rate, epoch, batch)) for epoch in grid.readouts] for rate in grid.learning_rates]
        for batch in BATCHES.values()
    ]
    return {
        "ceiling": float(ceiling.mean()),
        "floor": float(floor.mean()),
        "best_setting": str(best),
        "best_agreement": float(learner[best].mean()),
        **closure_details({"learner": learner[best], **ends}),
        "gap_map": {"quantity": f"agreement with ICL ({agreement})", **axes, "closure": closures},
    }


def _curves(
    agreement: str, grid: Schedule, learner: Mapping[MapSetting, Floats], ends: Mapping[str, Floats]
) -> tuple[Curve, ...]:
    """Return agreement over epochs, a curve for each rate, a column for each batch, between floor and ceiling."""
    quantity, axis = agreement_in(agreement), "epoch of GD"
    curves: list[Curve] = []
    for optimizer, batch in BATCHES.items():
        facet = f"{batch} of {SHOTS} demonstrations a step"
        curves += [
            Curve(quantity, name, label, axis, (everywhere(values),), facet)
            for name, label, values in (("icl", "ICL", ends["ceiling"]), ("zero-shot", "zero-shot", ends["floor"]))
        ]
        for rate in grid.learning_rates:
            places = [MapSetting(rate, epoch, batch) for epoch in grid.readouts]
            points = tuple(sampled(place.epoch, learner[place]) for place in places if place in learner)
            if points:
                curves.append(Curve(quantity, optimizer, f"rate {rate:g}", axis, points, facet))
    return tuple(curves)


def _places(grid: Schedule, batch: int) -> Iterator[tuple[int, int, MapSetting]]:
    for i, rate in enumerate(grid.learning_rates):
        for j, epoch in enumerate(grid.readouts):
            yield i, j, MapSetting(rate, epoch, batch)
