"""Tiers: how much is measured. `quick` fits two CPU cores; `full` is the paper's grid.

The numbers of `quick` were chosen on tuning episodes (`pytest claims --iclgd-plan`), before any evaluation episode
was measured; each claim's file says which minimum effect they reach with power 0.9.
"""

from dataclasses import dataclass

from iclgd_core.errors import UnknownNameError
from iclgd_core.learners import Schedule

PAPER_RATES = (1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3)
"""Union of the learning rates in the two readings of arXiv 2310.08540."""

SMALL_MODEL_RATES = (1e-2, 5e-2, 1e-1, 5e-1)
"""What SGD on models of about a million weights needs beyond the paper's rates, which are for billions."""


@dataclass(frozen=True)
class Tier:
    """Sizes of every measurement.

    Attributes:
        name: "quick" or "full".
        episodes: evaluation episodes of the GD comparisons; the power stated in the claims rests on it.
        icl_episodes: evaluation episodes of comparisons that need no GD.
        tuning_episodes: episodes on which GD's learning rate and readout are chosen.
        tuning_orders: orders of the demonstrations on tuning episodes.
        queries: queries an episode.
        orders: orders of the demonstrations in the order study.
        sgd, adam: learning rates and readouts of SGD-like rules (full batch included) and of Adam.
        many_schedule: learning rates and readouts of SGD on GD's larger training sets.
    """

    name: str
    episodes: int
    icl_episodes: int
    tuning_episodes: int
    tuning_orders: int
    queries: int
    orders: int
    sgd: Schedule
    adam: Schedule
    many_schedule: Schedule

    def schedule(self, rule: str) -> Schedule:
        """Return the schedule of an update rule, "sgd" or "adam"."""
        return self.adam if rule == "adam" else self.sgd


TIERS = {
    "quick": Tier(
        name="quick",
        episodes=12,
        icl_episodes=96,
        tuning_episodes=6,
        tuning_orders=2,
        queries=32,
        orders=4,
        sgd=Schedule((1e-3, 5e-3, 2e-2, 1e-1), (3, 10, 30)),
        adam=Schedule((1e-4, 5e-4, 1e-3, 5e-3), (3, 10, 30)),
        many_schedule=Schedule((5e-3, 2e-2, 1e-1), (1, 3, 8)),
    ),
    "full": Tier(
        name="full",
        episodes=32,
        icl_episodes=192,
        tuning_episodes=8,
        tuning_orders=2,
        queries=64,
        orders=10,
        sgd=Schedule(PAPER_RATES + SMALL_MODEL_RATES, tuple(range(20, 201, 20))),
        adam=Schedule(PAPER_RATES, tuple(range(20, 201, 20))),
        many_schedule=Schedule(PAPER_RATES + SMALL_MODEL_RATES, tuple(range(20, 201, 20))),
    ),
}


def get_tier(name: str) -> Tier:
    """Return the tier called `name`; UnknownNameError if there is none."""
    if name not in TIERS:
        raise UnknownNameError("tier", name, TIERS)
    return TIERS[name]
