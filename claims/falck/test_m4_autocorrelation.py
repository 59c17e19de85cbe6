"""M4  The outcomes that ICL draws are as correlated at every distance.

Source: arXiv 2406.00793, section 3, corollary 1 (ii); section 4, statistic T2,k.
Quantity: T2,k = acf at lag k + 1 minus acf at lag 1, k = 1..4, acf_k = E[z_{t+k} z_t] / E[z_t^2] over t and paths;
    share of lags inside their bands, one number a coin; bands: 95% percentile intervals of 300 replications of the
    Beta(1, 1)-Bernoulli predictive behind the same data.
Setting: outcomes are drawn from the model itself, one after the other, 16 paths behind the data of each coin (see
    M1); short paths of n / 2 outcomes behind n = 20, long ones of 2 n behind the largest n up to 20 that the context
    holds.
Rule: mean over coins > 0.8, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over lengths.
Bound 0.8: of a Bayesian 0.95 lie inside; 0.8 is four times as many misses as chance has.
Minimum effect 0.15: the share of a Bayesian.
Refuted by: a share below 0.8.
Guard: no verdict unless ICL's prediction behind the data follows the share of ones in them (see M1); added after
    numbers had been seen.
Deviation: n is 20 at most. The published code also leaves out products that are outliers; of binary outcomes that can
    be every 1, so it is not done.
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
PAPER = "T1 and T2 outside on long Bernoulli paths, inside on most short ones"


@claim(
    "M4",
    FALCK.at("sections 3 and 4, statistic T2"),
    "The autocorrelation of the outcomes that ICL draws is that of a Bayesian at every distance: T2 lies in its band.",
    brief="Outcomes drawn by ICL correlate as a Bayesian's",
    refuted_by="T2 outside of its band on more than a fifth of coins and lags",
    measures="autocorrelation along sampled continuations",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("paths", LENGTHS)
def test_autocorrelation_does_not_change(lab: Lab, judge: Judge, paths: str) -> None:
    study = path_study(lab, paths)
    outcome = paired_greater(
        study["T2 inside"],
        np.zeros_like(study["T2 inside"]),
        margin=INSIDE,
        quantity=f"share of lags whose T2 lies in its band, {paths} paths",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(if_it_follows(outcome, study), study, paper_value=PAPER, deviation=DEVIATION)
