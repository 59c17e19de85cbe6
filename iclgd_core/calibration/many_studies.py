"""One-sided p-values and Holm's correction of many simulated studies at once.

The same tests as `stats.one_sided` and `stats.holm`, vectorised over studies; tests hold them to each other.
"""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.stats.bootstrap_t import tail_shares
from iclgd_core.stats.resampling import CONSTANT

Floats = NDArray[np.float64]

RESAMPLES = 1999
"""Random sign vectors a block. A Monte Carlo p-value (b + 1) / (m + 1) is valid for any m; the rules use 9999, which
costs ten times as much and gives a little more power."""

EXACT_EPISODES = 13
"""Up to here all sign vectors are used, as in `stats.sign_flip`: 2^13 < 9999 < 2^14."""

BLOCK = 1000
"""Studies that share random sign vectors; the next block draws new ones, so that rates do not hang on one draw."""


def sign_flips(d: Floats, margin: float, rng: np.random.Generator, resamples: int = RESAMPLES) -> tuple[Floats, Floats]:
    """Return the one-sided p-values of mean(d) > margin and of mean(d) < margin, study by study.

    Args:
        d: paired differences, (studies, n), finite.
        margin: the boundary of the null hypotheses.
        rng: draws the sign vectors.
        resamples: random sign vectors, where not all are used.

    Returns:
        (greater, less), each (studies,), in (0, 1]; those of constant differences and of zeros as in
        `stats.sign_flip`.
    """
    n = d.shape[1]
    x = d - margin
    magnitude = np.maximum(np.abs(d).max(axis=1, keepdims=True), abs(margin))
    x[np.abs(x) <= CONSTANT * magnitude] = 0.0
    scale = np.abs(x).max(axis=1, keepdims=True)
    x /= np.where(scale > 0.0, scale, 1.0)
    greater, less = np.empty(len(x)), np.empty(len(x))
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        greater[part], less[part] = _block(x[part], rng, resamples)
    constant, smallest = np.ptp(x, axis=1) <= CONSTANT, 2.0**-n
    greater = np.where(constant, np.where(x[:, 0] > 0.0, smallest, 1.0), greater)
    less = np.where(constant, np.where(x[:, 0] < 0.0, smallest, 1.0), less)
    return greater, less


def one_sided_tests(
    d: Floats, margin: float, rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[Floats, Floats]:
    """Return the p-values of `stats.one_sided`, study by study: the larger of sign flips and bootstrap-t.

    Arguments and shapes are those of `sign_flips`; the resamples of episodes are shared within a block as well.
    """
    greater, less = sign_flips(d, margin, rng, resamples)
    n = d.shape[1]
    varied = np.flatnonzero(np.ptp(d, axis=1) > CONSTANT * np.maximum(np.abs(d).max(axis=1), abs(margin)))
    for start in range(0, len(varied), BLOCK):
        part = varied[start : start + BLOCK]
        mean = d[part].mean(axis=1)
        counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples)
        above, below = tail_shares(d[part] - mean[:, None], mean - margin, counts)
        greater[part], less[part] = np.maximum(greater[part], above), np.maximum(less[part], below)
    return greater, less


def _block(x: Floats, rng: np.random.Generator, resamples: int) -> tuple[Floats, Floats]:
    n, tolerance = x.shape[1], CONSTANT * x.shape[1]
    exact = n <= EXACT_EPISODES
    if exact:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        signs = 1.0 - 2.0 * rng.integers(0, 2, size=(resamples, n))
    sums, observed = signs @ x.T, x.sum(axis=1)
    extra = 0.0 if exact else 1.0
    above = ((sums >= observed - tolerance).sum(axis=0) + extra) / (len(signs) + extra)
    below = ((sums <= observed + tolerance).sum(axis=0) + extra) / (len(signs) + extra)
    return above, below


def holm_rows(p: Floats, family: int) -> Floats:
    """Return Holm's adjusted p-values within each row of p, (families, tested), as `stats.holm` does."""
    order = np.argsort(p, axis=1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=1) * (family - np.arange(p.shape[1]))
    adjusted = np.maximum.accumulate(np.minimum(1.0, ranked), axis=1)
    out = np.empty_like(adjusted)
    np.put_along_axis(out, order, adjusted, axis=1)
    return out
