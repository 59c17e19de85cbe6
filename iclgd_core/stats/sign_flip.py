"""Sign-flip permutation test of the mean of paired differences."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from iclgd_core.errors import SettingsError
from iclgd_core.seeds import stream
from iclgd_core.stats.per_episode import finite_per_episode
from iclgd_core.stats.resampling import CONSTANT, RESAMPLES, rounded_mean


def sign_flip(
    d: ArrayLike, margin: float, *, magnitude: float = 0.0, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the one-sided p-values of mean(d) > margin and of mean(d) < margin.

    With x = d - margin and signs s in {-1, +1}^n,

        p_greater = share of s with mean(s x) >= mean(x),    p_less = share of s with mean(s x) <= mean(x).

    All 2^n sign vectors are used where 2^n <= resamples, so the test is exact; otherwise `resamples` random
    ones plus the observed one. Both p-values come from the same sign vectors, hence p_greater + p_less >= 1
    and at most one of them is below 0.5.

    Assumption: under the null hypothesis at its boundary, x is symmetric about 0 in each episode.

    Args:
        d: paired differences, one per episode, (n,), n >= 1, finite.
        margin: the boundary of the null hypotheses mean(d) <= margin and mean(d) >= margin.
        magnitude: size of the numbers that d was computed from; a |d - margin| below 1e-12 of it (or of d or
            margin) is rounding and counts as 0.
        seed: the run's seed.
        resamples: upper limit on the number of sign vectors.

    Returns:
        (p_greater, p_less), each in (0, 1]. Constant x has 2^-n on its own side and 1 on the other; x = 0 has
        (1, 1). The smallest p-value is 2^-n, so with n <= 4 nothing is significant at 0.05.

    Raises:
        SettingsError: non-finite d or margin, an empty d, resamples < 1.

    Source: Fisher 1935, The Design of Experiments, section 21.

    >>> sign_flip([1.0, 2.0, 4.0], 0.0)
    (0.125, 1.0)
    >>> sign_flip([0.5, 0.5], 0.5)
    (1.0, 1.0)
    """
    d = finite_per_episode(d, "a sign-flip test")
    if not np.isfinite(margin):
        raise SettingsError(f"the margin of a test must be finite; got {margin!r}.")
    if len(d) < 1 or resamples < 1:
        raise SettingsError(f"a sign-flip test needs episodes and resamples; got {len(d)} and {resamples}.")
    x = d - margin
    x[np.abs(x) <= CONSTANT * max(magnitude, abs(margin), float(np.abs(d).max()))] = 0.0
    scale = float(np.abs(x).max())
    if scale == 0.0:
        return 1.0, 1.0
    x = x / scale
    if float(np.ptp(x)) <= CONSTANT:
        smallest = 2.0 ** -len(x)
        return (smallest, 1.0) if x[0] > 0.0 else (1.0, smallest)

    flipped, exact = rounded_mean(np.where(flips(len(x), seed, resamples), -x, x)), 2 ** len(x) <= resamples
    observed = rounded_mean(x)
    # among random sign vectors the observed one is counted, among all it is already
    total = len(flipped) + (not exact)
    greater, less = (np.count_nonzero(side) + (not exact) for side in (flipped >= observed, flipped <= observed))
    return float(greater / total), float(less / total)


@lru_cache(maxsize=4)
def flips(n: int, seed: int, resamples: int = RESAMPLES) -> NDArray[np.bool_]:
    """Return which of n episodes each sign vector flips, (sign vectors, n): the same in all tests of n episodes."""
    drawn: list[NDArray[np.float64]] = []

    def keep(signs: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        drawn.append(signs)
        return np.asarray(signs.mean(axis=axis))

    stats.permutation_test(
        (np.ones(n),),
        keep,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        alternative="greater",
        rng=stream(seed, "sign flips"),
    )
    flipped = np.concatenate([signs for signs in drawn if signs.ndim == 2]) < 0.0  # without the observed one
    flipped.flags.writeable = False
    return flipped


def flips_used(n: int, resamples: int = RESAMPLES) -> str:
    """Return in words which sign vectors `sign_flip` uses for n episodes.

    >>> flips_used(8), flips_used(20)
    ('all 256 sign flips', '9999 random sign flips')
    """
    return f"all {2**n} sign flips" if 2**n <= resamples else f"{resamples} random sign flips"
