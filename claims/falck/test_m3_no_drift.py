"""M3  The outcomes that ICL draws do not drift from the first half of a path to the second.

Source: arXiv 2406.00793, section 3, corollary 1 (i); section 4, statistic T1.
Quantity: T1 = mean of the first half of a path minus that of the second, averaged over paths; share of coins whose T1
    lies in its band: 95% percentile interval of 300 replications of a Beta-Bernoulli predictive with the mean of the
    model's own paths and the weight of n + 2 outcomes.
Setting: outcomes are drawn from the model itself, one after the other, 16 paths behind the data of each coin (see
    M1); short paths of n / 2 outcomes behind n = 20, long ones of 2 n behind the largest n up to 20 that the context
    holds.
Rule: mean over coins > 0.8, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over lengths.
Bound 0.8: of a Bayesian 0.95 lie inside; 0.8 is four times as many misses as chance has.
Minimum effect 0.15: the share of a Bayesian.
Refuted by: a share below 0.8: a drift that no Bayesian has.
Guard: no verdict unless ICL's prediction behind the data follows the share of ones in them (see M1); added after
    numbers had been seen.
Deviation: n is 20 at most; the paper has n = 20, 50, 100. Its published code leaves out paths whose mean is an
    outlier; the verdict here is that of the text, the share by the code is in the details.
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
PAPER = "short paths mostly inside (gpt-4 outside at 0.3 and 0.5), long paths drift outside"


@claim(
    "M3",
    FALCK.at("sections 3 and 4, statistic T1"),
    "The outcomes that ICL draws do not drift along a path: T1 lies in the band of a Bayesian.",
    brief="Outcomes drawn by ICL do not drift",
    refuted_by="T1 outside of its band on more than a fifth of the coins",
    measures="drift along sampled continuations",
    needs=Needs(posterior=True),
)
@pytest.mark.parametrize("paths", LENGTHS)
def test_paths_do_not_drift(lab: Lab, judge: Judge, paths: str) -> None:
    study = path_study(lab, paths)
    outcome = paired_greater(
        study["T1 inside"],
        np.zeros_like(study["T1 inside"]),
        margin=INSIDE,
        quantity=f"share of coins whose T1 lies in its band, {paths} paths",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(if_it_follows(outcome, study), study, paper_value=PAPER, deviation=DEVIATION)
