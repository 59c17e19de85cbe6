"""S1  The outputs of ICL depend on the order of the demonstrations more than those of GD, at every epoch read.

Source: arXiv 2310.08540, section 4, figure 4 (batch sizes: appendix).
Quantity: order sensitivity: standard deviation of each vocabulary entry's probability over orders (ddof 0), summed
    over the vocabulary, mean over queries; ICL minus GD on the same demonstrations in the same orders.
Rule: mean difference over episodes > 0.01, one-sided tests (sign flips and bootstrap-t, both must reject), at every
    readout (intersection-union); Holm over the optimizers. Learning rate: the most accurate on tuning episodes.
Margin 0.01: a tenth of the sensitivity that the paper shows for ICL (0.10 to 0.15); less is no "more".
Minimum effect 0.05: the smallest distance between the paper's curves (0.10 against 0.05). Quick: 40 episodes, 4
    orders; the spread on 24 tuning episodes (0.068 at most) needs 40 for power 0.9 after correction.
Refuted by: an optimizer whose sensitivity is not below that of ICL by the margin, at some readout.

On regression models (constructed, or trained on the ICL objective) GD is that of the linear model y = W x which such
a model is said to hold implicitly: the paper's GD-hat, hypothesis H2, where ICL may be GD.
Quantity: standard deviation of a prediction over orders (ddof 0), in standard deviations of y, mean over queries; ICL
    minus full-batch GD, or one pass of SGD with one demonstration a step, at the most accurate setting on tuning
    episodes.
Rule: mean difference over episodes > 0.01, same tests; Holm over the two. Margin 0.01: 1% of y's standard deviation;
    less would not be seen in a prediction. Minimum effect as above. Quick: 96 episodes, 4 orders.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.design import TUNING, Design
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import at_every, paired_greater
from iclgd_core.studies import order_study, regression_order_study
from iclgd_core.studies.order import AT_EPOCH

from . import published

MARGIN = 0.01
MINIMUM_EFFECT = 0.05
OPTIMIZERS = ("gd", "sgd1", "sgd2", "sgd4", "adam1")
REGRESSION_LEARNERS = ("gd", "sgd")
DEVIATION = "the paper: LLaMA-7B on AG News, 10 orders, read over 200 epochs"
REGRESSION_DEVIATION = "GD of the implicit linear model; the paper trains the weights of LLaMA-7B on AG News"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.REFUTED,
    Mutation.GD_AS_BOTH: Verdict.REFUTED,
    Mutation.ICL_AS_BOTH: Verdict.REFUTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,  # an output without demonstrations has no order
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
}


@claim(
    "S1",
    SHEN.at("section 4, figure 4"),
    "ICL is more sensitive to the order of its demonstrations than GD, SGD and Adam, at every epoch read.",
    brief="ICL depends on order more than GD, SGD and Adam",
    refuted_by="an optimizer that at some epoch is not less sensitive than ICL by 0.01",
    mutations=MUTATIONS,
    measures="order sensitivity of ICL and of GD, SGD and Adam",
    trains=(Training.WHOLE, Training.ADAM),
    demonstrations=8,
    designs=(
        Design("every greater", MARGIN, MINIMUM_EFFECT - MARGIN, "order_episodes", 0.06752, TUNING, schedule="sgd"),
    ),
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_icl_is_more_order_sensitive(lab: Lab, judge: Judge, optimizer: str) -> None:
    study = order_study(lab, optimizer)
    outcomes = {
        name.removeprefix(AT_EPOCH): paired_greater(
            study["icl"],
            gd,
            margin=MARGIN,
            quantity="order sensitivity, ICL - GD",
            minimum_effect=MINIMUM_EFFECT - MARGIN,
        )
        for name, gd in study.numbers.items()
        if name.startswith(AT_EPOCH)
    }
    judge(
        at_every(outcomes, "order sensitivity, ICL - GD, least over epochs"),
        study,
        paper=published.order_sensitivity(),
        paper_value=published.SENSITIVITIES,
        deviation=DEVIATION,
    )


@claim(
    "S1",
    SHEN.at("section 4, figure 4"),
    "ICL is more sensitive to the order of its demonstrations than GD and SGD on the implicit linear model.",
    brief="ICL depends on order more than GD, SGD and Adam",
    refuted_by="a learner that is not less sensitive than ICL by 0.01",
    measures="order sensitivity of ICL and of GD and SGD on the implicit linear model",
)
@pytest.mark.parametrize("learner", REGRESSION_LEARNERS)
def test_icl_is_more_order_sensitive_in_regression(regression: RegressionLab, judge: Judge, learner: str) -> None:
    study = regression_order_study(regression, learner)
    outcome = paired_greater(
        study["icl"],
        study["learner"],
        margin=MARGIN,
        quantity=f"order sensitivity, ICL - {learner}, in sd of y",
        minimum_effect=MINIMUM_EFFECT - MARGIN,
    )
    judge(outcome, study, deviation=REGRESSION_DEVIATION)
