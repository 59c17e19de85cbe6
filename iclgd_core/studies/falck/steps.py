"""The martingale property without sampling: exact two-step checks, and the order of the data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import Lab
from iclgd_core.seeds import stream
from iclgd_core.stats.martingale import two_step_gap
from iclgd_core.studies.falck.coins import COINS, THETAS, Coin, coins, model_chances, posterior_chances
from iclgd_core.studies.falck.following import following
from iclgd_core.studies.xie.bayes_predictions import ginc_task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Chances = Callable[[tuple[Coin, ...], list[list[Ints]]], Floats]
"""Probability of outcome 1 behind each history of each coin, (coins, histories)."""

ORDERS = 8
"""Orders of the data in the check of exchangeability."""


@dataclass(frozen=True, eq=False)
class StepStudy:
    """Deviations from the martingale property, one number a coin, all >= 0.

    Attributes:
        two_step: | p(Z_{n+2} = 1 | D) - p(Z_{n+1} = 1 | D) |.
        order: mean over orders of | p(Z_{n+1} = 1 | D in another order) - p(Z_{n+1} = 1 | D) |.
        chance: p(Z_{n+1} = 1 | D).
        ones: share of 1 in D.
        moved: how far one more outcome moves the prediction, mean of both outcomes.
        predictor: whose they are.
        n: outcomes in D.
    """

    two_step: Floats
    order: Floats
    chance: Floats
    ones: Floats
    moved: Floats
    predictor: str
    n: int

    def curves(self) -> tuple[Curve, ...]:
        """Return nothing: there is no axis."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: there are no settings."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"outcomes": self.n, "thetas": list(THETAS), "orders": ORDERS, "predictor": self.predictor}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "two_step_gap": float(self.two_step.mean()),
            "largest_two_step_gap": float(self.two_step.max()),
            "order_gap": float(self.order.mean()),
            "largest_order_gap": float(self.order.max()),
            "moved_by_one_outcome": float(self.moved.mean()),
            "mean_chance": float(self.chance.mean()),
            **following(self.chance, self.ones),
        }


def step_study(lab: Lab, n: int, predictor: str = "icl") -> StepStudy:
    """Check a predictor behind n outcomes of each coin.

    Args:
        lab: the laboratory.
        n: outcomes in the data.
        predictor: "icl", or one of bayes.POSTERIORS.

    Raises:
        NotRunError: a task whose prompts come from no known distribution.
        ContextError: more outcomes than the context window holds.
    """
    ginc_task(lab)

    def chances(flips: tuple[Coin, ...], histories: list[list[Ints]]) -> Floats:
        if predictor == "icl":
            return model_chances(lab, flips, histories)
        return posterior_chances(lab, predictor, flips, histories)

    return _steps(lab, chances, n, predictor)


def _steps(lab: Lab, chances: Chances, n: int, predictor: str) -> StepStudy:
    flips = coins(lab, lab.count("evaluation", COINS))
    data = [coin.outcomes[:n] for coin in flips]
    now = chances(flips, [[z] for z in data])[:, 0]
    both = chances(flips, [[np.append(z, 0), np.append(z, 1)] for z in data])
    rngs = [stream(lab.seed, lab.task.name, "orders of outcomes", i) for i in range(len(flips))]
    mixed = chances(flips, [[rng.permutation(z) for _ in range(ORDERS)] for rng, z in zip(rngs, data, strict=True)])
    return StepStudy(
        two_step=np.abs(two_step_gap(now, both[:, 0], both[:, 1])),
        order=np.abs(mixed - now[:, None]).mean(axis=1),
        chance=now,
        ones=np.array([z.mean() for z in data]),
        moved=np.abs(both - now[:, None]).mean(axis=1),
        predictor=predictor,
        n=n,
    )
