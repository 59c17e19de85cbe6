"""The martingale property on sampled paths: T1, T2, T3 of a model against their bands (arXiv 2406.00793, section 4)."""

import hashlib
import inspect

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import ContextError
from iclgd_core.evidence.study import Study
from iclgd_core.lab import Lab
from iclgd_core.lab.store.key import Key
from iclgd_core.learners.sampled_paths import sample_paths
from iclgd_core.seeds import stream
from iclgd_core.stats.martingale import (
    LAGS,
    REPLICATIONS,
    Band,
    BetaBernoulli,
    autocorrelation_changes,
    band,
    half_difference,
    path_spread,
    without_outlying_paths,
)
from iclgd_core.studies.falck.coins import COINS, THETAS, Coin, coins
from iclgd_core.studies.falck.following import CHANCE, ONES, following

Floats = NDArray[np.float64]

PATHS = 16
"""Continuations of each coin."""
SMALLEST_N = 20
"""Outcomes in the data of the paper's smallest setting; fewer where the context window asks for it."""
FRACTIONS = (0.5, 2.0)
"""Fractional posteriors between which the spread of a Bayesian's paths is to lie: half the data, and twice."""
SAMPLER = hashlib.sha256(inspect.getsource(sample_paths).encode()).hexdigest()
"""Names the sampling code in a measurement's key, whose own code version covers learners, models and tasks."""
LENGTHS = ("short", "long")
"""Paths of n / 2 outcomes behind n, and of 2 n, as in the paper."""


def path_study(lab: Lab, length: str) -> Study:
    """Sample a model's paths behind each coin's data and hold their statistics against the bands.

    T1 is held against the band of a Beta posterior with the mean of the model's own paths and the weight of n + 2
    outcomes; T2 against that of the posterior behind the data from Beta(1, 1); T3 against those of its fractional
    posteriors.

    Args:
        lab: the laboratory.
        length: one of LENGTHS.

    Returns:
        One number a coin: "T1", and whether it is in its band ("T1 inside"; "T1 inside, without outlying paths", as the
        published code does); "T2 inside", share of lags in their bands; "T3", and whether it is between the bands of
        the fractional posteriors ("T3 inside") and in that of the posterior itself ("T3 inside its own band"); "mean
        outcome of paths"; CHANCE, p(Z_{n+1} = 1 | D) behind the data alone, and ONES, share of 1 in D.

    Raises:
        NotRunError: a task whose prompts come from no known distribution, or a model that cannot be sampled.
        ContextError: a context window too small for a path.
    """
    flips = coins(lab, lab.count("evaluation", COINS))
    n, m = outcomes_that_fit(lab, flips[0], length)
    z, chance = _sampled(lab, flips, n, m)
    rows = [_held(lab, i, coin.outcomes[:n], z[i]) for i, coin in enumerate(flips)]
    inside = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    halves, spread, mean = half_difference(z), path_spread(z), z.mean(axis=(1, 2))
    ones = np.array([coin.outcomes[:n].mean() for coin in flips])
    return Study(
        numbers={"T1": halves, "T3": spread, **inside, "mean outcome of paths": mean, CHANCE: chance, ONES: ones},
        details={
            "outcomes": n,
            "path": m,
            "mean_t1": float(halves.mean()),
            "mean_size_of_t1": float(np.abs(halves).mean()),
            "mean_t2": autocorrelation_changes(z).mean(axis=0).tolist(),
            "mean_t3": float(spread.mean()),
            "t1_inside": float(inside["T1 inside"].mean()),
            "t1_inside_without_outlying_paths": float(inside["T1 inside, without outlying paths"].mean()),
            "t2_inside": float(inside["T2 inside"].mean()),
            "t3_inside": float(inside["T3 inside"].mean()),
            "t3_inside_own_band": float(inside["T3 inside its own band"].mean()),
            "mean_outcome_of_paths": float(mean.mean()),
            "mean_outcome_of_data": float(ones.mean()),
            **following(chance, ones),
        },
        fixed={
            "outcomes": n,
            "path": m,
            "paths": PATHS,
            "thetas": list(THETAS),
            "replications": REPLICATIONS,
            "lags": LAGS,
            "fractions": list(FRACTIONS),
        },
    )


def outcomes_that_fit(lab: Lab, coin: Coin, length: str) -> tuple[int, int]:
    """Return n and m, the largest up to n = 20 whose last prompt fits the context window.

    Raises:
        ContextError: a window too small for paths that have all lags.
    """
    each = len(coin.between) + 1
    fits = lab.model.context_window // each
    n = min(SMALLEST_N, fits * 2 // 3) if length == "short" else min(SMALLEST_N, fits // 3)
    m = n // 2 if length == "short" else 2 * n
    if m <= LAGS:
        raise ContextError(
            f"paths of {m} outcomes of {each} tokens behind {n} are too short for lag {LAGS}; model "
            f"{lab.model.name!r} reads {lab.model.context_window} tokens. Take a shorter task or another model."
        )
    return n, m


def _sampled(lab: Lab, flips: tuple[Coin, ...], n: int, m: int) -> tuple[Floats, Floats]:
    """Return the outcomes of all paths, (coins, PATHS, m), and p(1) behind the data, (coins,), measured once."""
    prompts = np.stack([coin.prompt(coin.outcomes[:n]).ids for coin in flips])
    between, tokens = np.stack([coin.between for coin in flips]), np.stack([coin.tokens for coin in flips])
    rngs = [stream(lab.seed, lab.task.name, "paths", i, n, m) for i in range(len(flips))]
    uniforms = np.stack([rng.random((PATHS, m)) for rng in rngs])
    key: Key = {
        "learner": "outcome_paths",
        "sampler": SAMPLER,
        "model": lab.model.digest,
        "device": lab.model.device.type,
        "prompts": prompts.ravel().tolist(),
        "between": between.ravel().tolist(),
        "outcomes": tokens.ravel().tolist(),
        "uniforms": hashlib.sha256(uniforms.tobytes()).hexdigest(),
        "shape": list(uniforms.shape),
    }

    def measured() -> dict[str, NDArray[np.generic]]:
        drawn, chances = sample_paths(lab.model, prompts, between, tokens, uniforms)
        return {"outcomes": drawn, "chances": chances}

    found = lab.store.measure(key, measured)
    return found["outcomes"].astype(np.float64), found["chances"][:, 0, 0].astype(np.float64)


def _held(lab: Lab, i: int, data: NDArray[np.int64], z: Floats) -> dict[str, float]:
    """Return where the statistics of one coin's paths (PATHS, m) lie."""
    count, length = z.shape
    ones, n = float(data.sum()), len(data)
    posterior = BetaBernoulli().behind(ones, n - ones)
    rng = stream(lab.seed, lab.task.name, "bands", i, n, length)

    def around(own: Floats) -> Band:
        """Return T1's band around the model's own mean, kept off 0 and 1 by half an outcome."""
        mean = np.clip(own.mean(), 0.5 / own.size, 1.0 - 0.5 / own.size)
        centred = BetaBernoulli((n + 2) * mean, (n + 2) * (1.0 - mean))
        return band(half_difference, centred, len(own), length, rng)

    kept = without_outlying_paths(z)
    changes = band(autocorrelation_changes, posterior, count, length, rng)
    own = band(path_spread, posterior, count, length, rng)
    wide, narrow = (
        band(path_spread, BetaBernoulli().behind(ones, n - ones, alpha), count, length, rng) for alpha in FRACTIONS
    )
    spread = path_spread(z)
    return {
        "T1 inside": float(around(z).holds(half_difference(z))),
        "T1 inside, without outlying paths": float(around(kept).holds(half_difference(kept))),
        "T2 inside": float(changes.holds(autocorrelation_changes(z)).mean()),
        "T3 inside": float(Band(narrow.low, wide.high).holds(spread)),
        "T3 inside its own band": float(own.holds(spread)),
    }
