"""The two one-sided tests of a mean that every rule on paired differences uses."""

from numpy.typing import ArrayLike

from iclgd_core.stats.bootstrap_t import bootstrap_t, farthest_t
from iclgd_core.stats.resampling import RESAMPLES
from iclgd_core.stats.sign_flip import flips_used, sign_flip

TESTS = f"one-sided sign-flip and bootstrap-t tests (|t*| at most {farthest_t():.3g}), both must reject"


def one_sided(
    d: ArrayLike, margin: float, *, magnitude: float = 0.0, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the one-sided p-values of mean(d) > margin and of mean(d) < margin: the larger of two tests.

        p = max( p of sign_flip, p of bootstrap_t )

    The sign-flip test keeps its level for symmetric differences, heavy tails included, however few the episodes; the
    bootstrap-t test for skewed ones. Where either assumption holds, so does the level; `iclgd calibrate` measures it.

    Arguments and errors are those of the two; n >= 2. The p-values sum to at least 1, so at most one is below 0.5.

    >>> one_sided([1.0, 1.0, 1.0], 0.5)
    (0.125, 1.0)
    """
    flips = sign_flip(d, margin, magnitude=magnitude, seed=seed, resamples=resamples)
    boot = bootstrap_t(d, margin, magnitude=magnitude, seed=seed, resamples=resamples)
    return max(flips[0], boot[0]), max(flips[1], boot[1])


def draws_used(n: int, resamples: int = RESAMPLES) -> str:
    """Return in words what `one_sided` did for n episodes.

    >>> draws_used(8)
    'all 256 sign flips, 9999 bootstrap-t resamples'
    """
    return f"{flips_used(n, resamples)}, {resamples} bootstrap-t resamples"
