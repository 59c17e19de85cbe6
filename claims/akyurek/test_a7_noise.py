"""A7  Where answers carry noise, ICL is nearer to the posterior mean, ridge at sigma^2 / tau^2, than to least squares.

Source: arXiv 2211.15661, section 4.3, figure 2: trained on noisy functions, the Transformer predicts as the rule of
    least Bayes risk. (arXiv 2208.01066, section 4, has noise in test prompts alone, not in training: another question.)
Quantity: squared distances of ICL from least squares of smallest norm and from ridge with lambda = sigma^2 / tau^2 = 1,
    summed over an episode's queries, each as a share of both; share of least squares - share of ridge, from -1 (ICL is
    least squares) to 1 (ICL is ridge). After t = 3, d = 5 (where least squares errs most) and 2 d points.
    Shares, because the squared distance of least squares has no finite mean at t = d and next to it.
Rule: mean over episodes > 1/3, one-sided tests; Holm over t.
Margin 1/3: least squares is twice as far as ridge, squared; 0 is as far. Other ridges than that one are not compared.
Refuted by: a number of points after which least squares is not twice as far.
This tells ridge from least squares, not from GD: GD that stops early shrinks as ridge does, and S2 has the closure of
    both ("bayes" is this ridge) on the same model.
Deviation: d = 5, 11 points, one level of noise (0.2 of the functions' variance), 4 layers of width 64, 40,000 steps;
    the paper: d = 8, 40 examples, five levels, 16 layers of width 512, 500,000 steps. So a refutation speaks about
    this model. Controls are of the same shape and run on the same noisy prompts.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import AKYUREK
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.akyurek.noise import posterior_mean_or_least_squares

MARGIN = 1.0 / 3.0
DEVIATION = (
    "d = 5, 11 points, one level of noise, 4 layers of width 64, 40,000 steps, so a refutation speaks about this "
    "model; the paper: d = 8, 40 examples, five levels of noise, 16 layers of width 512, 500,000 steps"
)
PAPER_VALUE = "1e-5 to 6e-5 from ridge at sigma^2 / tau^2, the least of all its ridges"
"""Squared prediction differences of the five levels of noise; known at second hand."""


@claim(
    "A7",
    AKYUREK.at("section 4.3, figure 2"),
    "Trained on noisy functions, ICL is nearer to ridge regression at sigma^2 / tau^2 than to least squares.",
    brief="With noise, ICL is nearer ridge than least squares",
    refuted_by="a number of points after which least squares is not twice as far from ICL, squared, as ridge",
    measures="distances of ICL from least squares and from ridge, under noise",
)
@pytest.mark.regression(
    "icl-objective-gpt2-noisy-4-layers", "untrained-gpt2-noisy-4-layers", "shuffled-gpt2-noisy-4-layers"
)
@pytest.mark.parametrize("points", [3, 5, 10])
def test_icl_is_nearer_to_the_posterior_mean(regression: RegressionLab, judge: Judge, points: int) -> None:
    study = posterior_mean_or_least_squares(regression, points)
    outcome = paired_greater(
        study["least-squares"],
        study["ridge"],
        margin=MARGIN,
        quantity="share of the squared distance from ICL, least squares - ridge",
    )
    judge(outcome, study, paper_value=PAPER_VALUE, deviation=DEVIATION)
