"""Tiers: how much is measured. `quick` fits two CPU cores; `full` has the paper's epochs and orders.

`smoke` ends in minutes with any model: it runs everything once or twice, and six episodes settle no more than the
largest effects. `real` is for models of 100 million weights and more, which cost a hundred times as much as those that
`quick` was made for. A name may go on with limits, `quick,episodes=12,queries=8`: no measurement then has more.

The numbers of evaluation episodes of `quick` follow from the spread on 24 tuning episodes (`pytest claims
--iclgd-plan`): the fewest that reach each claim's stated minimum effect with power 0.9 after correction, a little
rounded up. They were first chosen from six tuning episodes, whose spread turned out too small for several claims; they
were then raised, never lowered, after a first evaluation (see the README), and the episodes of before are the first of
those of now.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from iclgd_core.errors import SettingsError, UnknownNameError
from iclgd_core.learners import Schedule

T = TypeVar("T")

PAPER_RATES = (1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3)
"""Union of the learning rates in the two readings of arXiv 2310.08540."""

SMALL_MODEL_RATES = (1e-2, 5e-2, 1e-1, 5e-1)
"""What SGD on models of about a million weights needs beyond the paper's rates, which are for billions."""


@dataclass(frozen=True)
class Tier:
    """Sizes of every measurement.

    Attributes:
        name: one of TIERS, with its limits if it has some.
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
        searches: whether a setting is searched for beyond these rates and epochs (`lab.search`), and they are where the
            search begins.
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
    searches: bool = False

    def schedule(self, rule: str) -> Schedule:
        """Return the schedule of an update rule, "sgd" or "adam"."""
        return self.adam if rule == "adam" else self.sgd

    def of(self, table: Mapping[str, T]) -> T:
        """Return this tier's entry of a table by tier, without limits; that of `quick` where it has none."""
        name, _ = parsed(self.name)
        return table.get(name, table["quick"])

    def at_most(self, episodes: int) -> int:
        """Return a number of episodes that the tier does not hold itself, within its limits."""
        _, limits = parsed(self.name)
        return limits.least(episodes, limits.episodes)

    def limited(self, limits: "Limits") -> "Tier":
        """Return the tier with no more episodes of any kind, and queries, than the limits allow."""
        sizes = [field.name for field in fields(self) if field.name.endswith("episodes")]
        most = {name: limits.episodes for name in sizes} | {"queries": limits.queries}
        smaller: dict[str, Any] = {name: limits.least(getattr(self, name), limit) for name, limit in most.items()}
        return replace(self, name=limits.named(self.name), **smaller)


@dataclass(frozen=True)
class Limits:
    """The most that a measurement may have; None for no limit.

    Attributes:
        episodes: of every kind, tuning included; at least 2, for one has no spread.
        queries: of an episode, at least 1.
    """

    episodes: int | None = None
    queries: int | None = None

    def __post_init__(self) -> None:
        for name, value, fewest in (("episodes", self.episodes, 2), ("queries", self.queries, 1)):
            if value is not None and value < fewest:
                raise SettingsError(f"{name} are limited to {value}. Allowed: a whole number from {fewest} upwards.")

    def named(self, tier: str) -> str:
        """Return the name of a tier with these limits.

        >>> Limits(12, 8).named("quick"), Limits().named("quick")
        ('quick,episodes=12,queries=8', 'quick')
        """
        return tier + "".join(f",{name}={value}" for name, value in vars(self).items() if value is not None)

    @staticmethod
    def least(size: int, limit: int | None) -> int:
        """Return the smaller of a size and a limit."""
        return size if limit is None else min(size, limit)


TIERS = {
    "smoke": Tier(
        name="smoke",
        episodes=6,
        accuracy_episodes=6,
        minibatch_episodes=6,
        order_episodes=6,
        size_episodes=6,
        form_episodes=6,
        many_episodes=6,
        tuning_episodes=2,
        minibatch_tuning_episodes=2,
        size_tuning_episodes=2,
        form_tuning_episodes=2,
        tuning_orders=2,
        queries=8,
        orders=2,
        sgd=Schedule((1e-3, 2e-2), (1, 3)),
        adam=Schedule((1e-4, 1e-3), (1, 3)),
        many_schedule=Schedule((2e-2,), (1,)),
        one_pass=Schedule((1e-3, 3e-2), (1,)),
    ),
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
    "real": Tier(
        name="real",
        episodes=20,
        accuracy_episodes=20,
        minibatch_episodes=16,
        order_episodes=12,
        size_episodes=12,
        form_episodes=12,
        many_episodes=12,
        tuning_episodes=6,
        minibatch_tuning_episodes=4,
        size_tuning_episodes=4,
        form_tuning_episodes=4,
        tuning_orders=2,
        queries=16,
        orders=4,
        sgd=Schedule((1e-4, 1e-3, 1e-2, 1e-1), (1, 3, 10)),
        adam=Schedule((1e-6, 1e-5, 1e-4, 1e-3), (1, 3, 10)),
        many_schedule=Schedule((1e-3, 1e-2), (1, 4)),
        one_pass=Schedule((1e-3, 1e-2, 3e-2, 1e-1), (1,)),
        searches=True,
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


_LIMITED = re.compile(
    r"(?P<tier>[^,]+)(,episodes=(?P<episodes>[1-9][0-9]{0,8}))?(,queries=(?P<queries>[1-9][0-9]{0,8}))?"
)


def parsed(name: str) -> tuple[str, Limits]:
    """Return the name of a tier without its limits, and these.

    Raises:
        UnknownNameError: no such tier, or limits written in another way.

    >>> parsed("quick,episodes=12")
    ('quick', Limits(episodes=12, queries=None))
    """
    found = _LIMITED.fullmatch(name)
    if found is None or found["tier"] not in TIERS:
        raise UnknownNameError("tier", name, TIERS)
    return found["tier"], Limits(
        *(None if found[limit] is None else int(found[limit]) for limit in ("episodes", "queries"))
    )


def get_tier(name: str) -> Tier:
    """Return the tier called `name`, with its limits if the name has some; see `parsed` for errors."""
    tier, limits = parsed(name)
    return TIERS[tier].limited(limits)
