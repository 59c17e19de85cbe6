"""Is a predictor of binary outcomes Bayesian? The martingale property and its statistics (arXiv 2406.00793)."""

from iclgd_core.learners.sampled_paths import sample_paths
from iclgd_core.stats.martingale.bands import REPLICATIONS, Band, band
from iclgd_core.stats.martingale.beta_bernoulli import BetaBernoulli
from iclgd_core.stats.martingale.statistics import (
    LAGS,
    autocorrelation_changes,
    exchangeability_gap,
    half_difference,
    path_spread,
    two_step_gap,
    without_outlying_paths,
)

__all__ = [
    "LAGS",
    "REPLICATIONS",
    "Band",
    "BetaBernoulli",
    "autocorrelation_changes",
    "band",
    "exchangeability_gap",
    "half_difference",
    "path_spread",
    "sample_paths",
    "two_step_gap",
    "without_outlying_paths",
]
