"""M5  The paths that ICL draws spread as those of a Bayesian.

Source: arXiv 2406.00793, section 3 (epistemic uncertainty), section 4, statistic T3.
Quantity: T3 = interquartile range, over paths, of the mean of a path; share of coins whose T3 lies between the lower
    end of the band of a Bayesian who counts the data twice and the upper end of one who counts half of them
    (fractional posteriors, alpha = 2 and 0.5, of Beta(1, 1)); bands: 95% percentile intervals of 300 replications.
Setting: outcomes are drawn from the model itself, one after the other, 16 paths behind the data of each coin (see
    M1); short paths of n / 2 outcomes behind n = 20, long ones of 2 n behind the largest n up to 20 that the context
    holds.
Rule: mean over coins > 0.8, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over lengths.
Bound 0.8: of a Bayesian at least 0.95 lie inside, for two bands are joined; 0.8 is four times as many misses as
    one band has by chance.
Minimum effect 0.15: the least share of a Bayesian.
Refuted by: a share below 0.8: spread that no weight of the data between half and twice explains.
Guard: no verdict unless ICL's prediction behind the data follows the share of ones in them (see M1); added after
    numbers had been seen.
Deviation: n is 20 at most, and the paper reads the decay with n off a plot; the share in the band of the posterior
    itself (alpha = 1) is in the details.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import FALCK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.falck.following import if_it_follows
from iclgd_core.studies.falck.paths import LENGTHS, path_study

INSIDE = 0.8
MINIMUM_EFFECT = 0.15
DEVIATION = "n = 20 at most, not 20 to 100; symbols of the model's own language as outcomes"
PAPER = "near-Bayesian for gpt-3-170b and mistral-7b, too slow a decay for llama-2-7b and gpt-3.5"


@claim(
    "M5",
    FALCK.at("sections 3 and 4, statistic T3"),
    "The paths that ICL draws spread as those of a Bayesian, within a factor of two in the weight of the data.",
    brief="Paths drawn by ICL spread as a Bayesian's",
    refuted_by="T3 outside of the bands on more than a fifth of the coins",
    measures="spread over sampled continuations",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("paths", LENGTHS)
def test_paths_spread_as_a_posterior(lab: Lab, judge: Judge, paths: str) -> None:
    study = path_study(lab, paths)
    outcome = paired_greater(
        study["T3 inside"],
        np.zeros_like(study["T3 inside"]),
        margin=INSIDE,
        quantity=f"share of coins whose T3 lies in its bands, {paths} paths",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(if_it_follows(outcome, study), study, paper_value=PAPER, deviation=DEVIATION)
