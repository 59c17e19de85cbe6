"""The gap between ICL and GD at every setting of a grid: learning rate x epochs x demonstrations a step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import DivergedError
from iclgd_core.evidence.curves import Curve, agreement_in
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.learners import Schedule
from iclgd_core.metrics import TOP_K, closure_of_agreement
from iclgd_core.studies.agreements import AGREEMENTS
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
class Place:
    """One setting of GD: learning rate, epochs, demonstrations a step."""

    rate: float
    epoch: int
    batch: int

    def __str__(self) -> str:
        return f"rate {self.rate:g}, epoch {self.epoch}, batch {self.batch}"


@dataclass(frozen=True, eq=False)
class GapMap:
    """Agreement with ICL at every setting, one number an episode (mean over queries).

    Attributes:
        ceiling: ICL in another order of the same demonstrations.
        floor: zero-shot.
        learner: GD by setting; settings at which a run diverged are left out.
        diverged: those settings.
        agreement: what was compared.
        grid: learning rates and epochs.
    """

    ceiling: Floats
    floor: Floats
    learner: Mapping[Place, Floats]
    diverged: tuple[Place, ...]
    agreement: str
    grid: Schedule

    @property
    def best(self) -> Place:
        """The setting that agrees with ICL the most on these episodes; ties go to the first of the map."""
        return max(self.learner, key=lambda place: float(self.learner[place].mean()))

    def curves(self) -> tuple[Curve, ...]:
        """Return agreement over epochs, a curve for each rate, a column for each batch, between floor and ceiling."""
        quantity, axis = agreement_in(self.agreement), "epoch of GD"
        ends = (("icl", "ICL", self.ceiling), ("zero-shot", "zero-shot", self.floor))
        curves: list[Curve] = []
        for optimizer, batch in BATCHES.items():
            facet = f"{batch} of {SHOTS} demonstrations a step"
            curves += [Curve(quantity, name, label, axis, (everywhere(v),), facet) for name, label, v in ends]
            for rate in self.grid.learning_rates:
                points = tuple(
                    sampled(epoch, self.learner[place])
                    for epoch in self.grid.readouts
                    if (place := Place(rate, epoch, batch)) in self.learner
                )
                if points:
                    curves.append(Curve(quantity, optimizer, f"rate {rate:g}", axis, points, facet))
        return tuple(curves)

    def tuning(self) -> dict[str, Json]:
        """Return nothing: no setting is chosen."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        fixed: dict[str, Json] = {
            "agreement": self.agreement,
            "learning_rates": list(self.grid.learning_rates),
            "epochs": list(self.grid.readouts),
            "batches": list(BATCHES.values()),
            "part": "whole",
            "demonstrations": SHOTS,
        }
        return fixed | ({} if self.agreement == "jensen-shannon" else {"top_k": TOP_K})

    def details(self) -> dict[str, Json]:
        """Return closure by setting, and that of the best setting with its interval.

        The interval is that of one setting; that it is the best of many makes its closure a little too high.
        """
        found = closure_of_agreement(self.learner[self.best], self.floor, self.ceiling)
        defined = not closure_of_agreement(self.ceiling, self.floor, self.ceiling).undefined
        whole = float((self.ceiling - self.floor).mean())

        def cell(place: Place) -> Json:
            if place not in self.learner or not defined:
                return None
            return float((self.learner[place] - self.floor).mean()) / whole

        return {
            "ceiling": float(self.ceiling.mean()),
            "floor": float(self.floor.mean()),
            "best_setting": str(self.best),
            "best_agreement": float(self.learner[self.best].mean()),
            "closure": found.value,
            "closure_interval": None if found.interval is None else list(found.interval),
            "closure_undefined": found.undefined,
            "diverged": [str(place) for place in self.diverged],
            "gap_map": {
                "quantity": f"agreement with ICL ({self.agreement})",
                "learning_rates": list(self.grid.learning_rates),
                "epochs": list(self.grid.readouts),
                "batches": list(BATCHES.values()),
                "closure": [
                    [
                        [cell(Place(rate, epoch, batch)) for epoch in self.grid.readouts]
                        for rate in self.grid.learning_rates
                    ]
                    for batch in BATCHES.values()
                ],
            },
        }


def gap_map(lab: Lab, agreement: str) -> GapMap:
    """Measure the agreement of GD with ICL at every setting of the tier's grid, on evaluation episodes.

    Nothing is chosen, so that no tuning episode is needed.

    Args:
        lab: the laboratory.
        agreement: one of AGREEMENTS.

    Raises:
        DivergedError: every setting diverged.
    """
    agree, grid, n = AGREEMENTS[agreement], GRIDS[lab.tier.name], EPISODES[lab.tier.name]
    icl, none = lab.in_context(SHOTS, orders=2, n=n), lab.zero_shot(n=n)
    first, second = icl[:, 0], icl[:, 1]
    learner: dict[Place, Floats] = {}
    diverged: list[Place] = []
    for optimizer, batch in BATCHES.items():
        runs = lab.descend(optimizer, grid, n=n)
        for i, j, place in _places(grid, batch):
            if runs.diverged[:, 0, i, j].any():
                diverged.append(place)
            else:
                learner[place] = agree(runs.log_probs[:, 0, i, j], first).mean(-1)
    if not learner:
        raise DivergedError(f"GD diverged at every one of {len(diverged)} settings; there is no map to judge.")
    return GapMap(
        ceiling=agree(second, first).mean(-1),
        floor=agree(none, first).mean(-1),
        learner=learner,
        diverged=tuple(diverged),
        agreement=agreement,
        grid=grid,
    )


def _places(grid: Schedule, batch: int) -> Iterator[tuple[int, int, Place]]:
    for i, rate in enumerate(grid.learning_rates):
        for j, epoch in enumerate(grid.readouts):
            yield i, j, Place(rate, epoch, batch)
