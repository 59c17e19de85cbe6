"""From one number an episode to an outcome: tests, intervals, trend, equivalence, correction, power."""

from iclgd_core.stats.bootstrap_t import bootstrap_t
from iclgd_core.stats.bound import above, below
from iclgd_core.stats.conjunction import at_every
from iclgd_core.stats.intervals import mean_interval, ratio_interval
from iclgd_core.stats.multiplicity import holm
from iclgd_core.stats.one_sided import one_sided
from iclgd_core.stats.paired import paired_equivalent, paired_greater
from iclgd_core.stats.paired_t import paired_t
from iclgd_core.stats.power import episodes_needed, minimum_detectable_effect
from iclgd_core.stats.sign_flip import sign_flip
from iclgd_core.stats.trend import slopes

__all__ = [
    "above",
    "at_every",
    "below",
    "bootstrap_t",
    "episodes_needed",
    "holm",
    "mean_interval",
    "minimum_detectable_effect",
    "one_sided",
    "paired_equivalent",
    "paired_greater",
    "paired_t",
    "ratio_interval",
    "sign_flip",
    "slopes",
]
