"""Tiers: how much is measured. `quick` fits two CPU cores; `full` has the paper's epochs and orders.

The numbers of evaluation episodes of `quick` follow from the spread on 24 tuning episodes (`pytest claims
--iclgd-plan`): the fewest that reach each claim's stated minimum effect with power 0.9 after correction, a little
rounded up. They were first chosen from six tuning episodes, whose spread turned out too small for several claims; they
were then raised, never lowered, after a first evaluation (see the README), and the episodes of before are the first of
those of now.
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
        episodes: evaluation episodes of whatever is cheap: ICL alone, and full-batch GD.
        accuracy_episodes: of the accuracy of ICL and full-batch GD, which varies most between episodes.
        minibatch_episodes: of mini-batch SGD and Adam, which take many steps an epoch.
        order_episodes: of the order study, which runs every order.
        size_episodes: of the trend over sizes, which runs the largest model.
        form_episodes: of every form of gradient descent at every size.
        many_episodes: of GD on large training sets.
        tuning_episodes: episodes on which the learning rate and readout of full-batch GD are chosen.
        minibatch_tuning_episodes: the same for mini-batch SGD and Adam, in `tuning_orders` orders each.
        size_tuning_episodes: the same for the trend over sizes, and for GD on large training sets.
        form_tuning_episodes: the same for every form of gradient descent at every size, in one order each.
        tuning_orders: orders of the demonstrations where an optimizer depends on them.
        queries: queries an episode.
        orders: orders of the demonstrations in the order study.
        one_pass: learning rates of fine-tuning in one pass over the demonstrations, one a step (arXiv 2212.10559,
            section 4.1); of its grid of 36 rates from 1e-4 to 0.9, `quick` has one or two a decade.
        sgd, adam: learning rates and readouts of SGD-like rules (full batch included) and of Adam.
        many_schedule: learning rates and readouts of SGD on GD's larger training sets.
    """

    name: str
    episodes: int
    accuracy_episodes: int
    minibatch_episodes: int
    order_episodes: int
    size_episodes: int
    form_episodes: int
    many_episodes: int
    tuning_episodes: int
    minibatch_tuning_episodes: int
    size_tuning_episodes: int
    form_tuning_episodes: int
    tuning_orders: int
    queries: int
    orders: int
    sgd: Schedule
    adam: Schedule
    many_schedule: Schedule
    one_pass: Schedule

    def schedule(self, rule: str) -> Schedule:
        """Return the schedule of an update rule, "sgd" or "adam"."""
        return self.adam if rule == "adam" else self.sgd


TIERS = {
    "quick": Tier(
        name="quick",
        episodes=96,
        accuracy_episodes=132,
        minibatch_episodes=36,
        order_episodes=40,
        size_episodes=36,
        form_episodes=24,
        many_episodes=108,
        tuning_episodes=24,
        minibatch_tuning_episodes=8,
        size_tuning_episodes=12,
        form_tuning_episodes=6,
        tuning_orders=2,
        queries=32,
        orders=4,
        sgd=Schedule((1e-3, 5e-3, 2e-2, 1e-1), (3, 10, 30)),
        adam=Schedule((1e-4, 5e-4, 1e-3, 5e-3), (3, 10, 30)),
        many_schedule=Schedule((5e-3, 2e-2, 1e-1), (1, 4)),
        one_pass=Schedule((1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 9e-1), (1,)),
    ),
    "full": Tier(
        name="full",
        episodes=192,
        accuracy_episodes=192,
        minibatch_episodes=64,
        order_episodes=48,
        size_episodes=64,
        form_episodes=64,
        many_episodes=128,
        tuning_episodes=48,
        minibatch_tuning_episodes=16,
        size_tuning_episodes=24,
        form_tuning_episodes=16,
        tuning_orders=2,
        queries=64,
        orders=10,
        sgd=Schedule(PAPER_RATES + SMALL_MODEL_RATES, tuple(range(20, 201, 20))),
        adam=Schedule(PAPER_RATES, tuple(range(20, 201, 20))),
        many_schedule=Schedule(PAPER_RATES + SMALL_MODEL_RATES, tuple(range(20, 201, 20))),
        one_pass=Schedule(tuple(round(k * s, 6) for s in (1e-4, 1e-3, 1e-2, 1e-1) for k in range(1, 10)), (1,)),
    ),
}


def get_tier(name: str) -> Tier:
    """Return the tier called `name`; UnknownNameError if there is none."""
    if name not in TIERS:
        raise UnknownNameError("tier", name, TIERS)
    return TIERS[name]
