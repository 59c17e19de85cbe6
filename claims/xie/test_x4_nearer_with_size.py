"""X4  The larger the model, the nearer its ICL is to the Bayes predictor.

Source: arXiv 2111.02080, section 4 (larger models learn better in context) and section 2 (an ideal model of the
    pretraining distribution is the posterior).
Quantity: gap = agreement of ICL with ICL in another order minus that of a posterior with ICL (see X2), its slope per
    decade of parameters, by least squares over at least four sizes, for each episode.
Rule: mean slope over episodes < 0, that is 0 - slope > 0, one-sided tests (sign flips and bootstrap-t, both must
    reject); Holm over posteriors and agreements.
Bound 0: the statement is about the sign.
Minimum effect 0.01 a decade: the gap would change by 0.034 over the 3.4 decades from here to the paper's largest kin.
Combines: one of the posteriors is enough, by every agreement: the account names a Bayesian, not which.
Refuted by: a gap that grows with size. A size without ICL is left out and named; fewer than four: not run.
Deviation: the paper's sizes (29 to 115 million) are larger, and its measure is accuracy.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.xie.bayes_agreement import bayes_size_study

MINIMUM_EFFECT = 0.01
DEVIATION = "57 thousand to 3 million weights, not 29 to 115 million; distributions, not accuracies"


@claim(
    "X4",
    XIE.at("section 4"),
    "The gap between ICL and an exact Bayesian posterior shrinks with model size.",
    brief="The gap to exact Bayes shrinks with size",
    combines="any of posterior",
    refuted_by="a gap that grows with model size",
    measures="nearness to the Bayesian predictor over model sizes",
    needs=Needs(posterior=True),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
@pytest.mark.parametrize("posterior", ["bayes-mixture", "bayes-structure"])
def test_the_gap_to_bayes_shrinks_with_size(
    family: Sequence[Lab], judge: Judge, posterior: str, agreement: str
) -> None:
    study = bayes_size_study(family, posterior, agreement)
    outcome = paired_greater(
        np.zeros_like(study["slope"]),
        study["slope"],
        margin=0.0,
        quantity=f"fall of the gap to {posterior} ({agreement}) per decade of parameters",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, deviation=DEVIATION)
