"""The martingale property without sampling: exact two-step checks, and the order of the data."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.seeds import stream
from iclgd_core.stats.martingale import two_step_gap
from iclgd_core.studies.falck.coins import COINS, THETAS, Coin, coins, model_chances, posterior_chances
from iclgd_core.studies.falck.following import CHANCE, ONES, following
from iclgd_core.studies.xie.bayes_predictions import ginc_task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Chances = Callable[[tuple[Coin, ...], list[list[Ints]]], Floats]
"""Probability of outcome 1 behind each history of each coin, (coins, histories)."""

ORDERS = 8
"""Orders of the data in the check of exchangeability."""


def step_study(lab: Lab, n: int, predictor: str = "icl") -> Study:
    """Check a predictor behind n outcomes of each coin.

    Args:
        lab: the laboratory.
        n: outcomes in the data.
        predictor: "icl", or one of bayes.POSTERIORS.

    Returns:
        One number a coin, >= 0: "two-step gap", | p(Z_{n+2} = 1 | D) - p(Z_{n+1} = 1 | D) |; "order gap", mean over
        orders of | p(Z_{n+1} = 1 | D in another order) - p(Z_{n+1} = 1 | D) |; "moved by one outcome", how far one more
        outcome moves the prediction, mean of both outcomes; CHANCE, p(Z_{n+1} = 1 | D), and ONES, share of 1 in D.

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


def _steps(lab: Lab, chances: Chances, n: int, predictor: str) -> Study:
    flips = coins(lab, lab.count("evaluation", COINS))
    data = [coin.outcomes[:n] for coin in flips]
    now = chances(flips, [[z] for z in data])[:, 0]
    both = chances(flips, [[np.append(z, 0), np.append(z, 1)] for z in data])
    rngs = [stream(lab.seed, lab.task.name, "orders of outcomes", i) for i in range(len(flips))]
    mixed = chances(flips, [[rng.permutation(z) for _ in range(ORDERS)] for rng, z in zip(rngs, data, strict=True)])
    ones = np.array([z.mean() for z in data])
    two_step = np.abs(two_step_gap(now, both[:, 0], both[:, 1]))
    order, moved = np.abs(mixed - now[:, None]).mean(axis=1), np.abs(both - now[:, None]).mean(axis=1)
    return Study(
        numbers={"two-step gap": two_step, "order gap": order, "moved by one outcome": moved, CHANCE: now, ONES: ones},
        details={
            "two_step_gap": float(two_step.mean()),
            "largest_two_step_gap": float(two_step.max()),
            "order_gap": float(order.mean()),
            "largest_order_gap": float(order.max()),
            "moved_by_one_outcome": float(moved.mean()),
            "mean_chance": float(now.mean()),
            **following(now, ones),
        },
        fixed={"outcomes": n, "thetas": list(THETAS), "orders": ORDERS, "predictor": predictor},
    )
