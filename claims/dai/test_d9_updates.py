"""D9  The update that demonstrations make in the dual form points where fine-tuning's update points.

Source: arXiv 2212.10559, sections 3.1 and 3.2, which set Delta W_ICL beside Delta W_FT and compare what they do; the
    matrices themselves are not compared there.
Quantity: cosine of Delta W_ICL = sum_i (W_V x'_i) (W_K x'_i)^T over the tokens of the demonstrations and
    Delta W_FT = (W_V + dW_V) X X^T (W_K + dW_K)^T - W_V X X^T W_K^T over those of the query; mean over heads, queries
    and layers; minus a chance level: 0 (an unrelated direction), or the cosine with the update by another episode's
    demonstrations on the same query. Curve by layer. Fine-tuning as in D3, by the language-model loss (the paper) and
    by that of the labels alone (arXiv 2310.08540), each at its own rate.
Rule: mean difference over episodes > 0.05, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    losses and chance levels.
Margin 0.05: that of SimAOU, a quarter of a per cent of squared length.
Minimum effect 0.05: as much again.
Combines: one of the losses is enough, against every chance: the claim is about fine-tuning, not about one loss.
Refuted by: update matrices that are no nearer to each other than by chance, within the margin.
"""

import numpy as np
import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.updates import update_study

from .published import NOT_REPORTED, ROTARY, beside

MARGIN = 0.05
MINIMUM_EFFECT = 0.05
UNCOMPARED = "the paper compares what the two updates do, not the matrices"


@claim(
    "D9",
    DAI.at("sections 3.1 and 3.2"),
    "The update that demonstrations are in the dual form of ICL points where fine-tuning's update does.",
    brief="ICL's update points where fine-tuning's does",
    combines="any of loss",
    refuted_by="update matrices no nearer to each other than by chance, within 0.05",
    measures="update matrices of ICL and of fine-tuning",
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("chance", ["zero", "other-demonstrations"])
@pytest.mark.parametrize("loss", ["lm", "labels"])
def test_both_updates_have_one_direction(lab: Lab, judge: Judge, loss: str, chance: str) -> None:
    study = update_study(lab, loss)
    outcome = paired_greater(
        study["own"],
        np.zeros_like(study["own"]) if chance == "zero" else study["other"],
        margin=MARGIN,
        quantity=f"cosine of Delta W_ICL and Delta W_FT, minus chance ({chance})",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, **beside(NOT_REPORTED, UNCOMPARED, ROTARY))
