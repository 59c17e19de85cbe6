"""D8  Choosing demonstrations and learning rate on the reported queries inflates what is reported.

Source: arXiv 2212.10559, section 4.1 and appendix B: of seven draws of demonstrations the one with the best ICL
    accuracy on the validation set, then of 36 rates the one with the best fine-tuned accuracy there; the same set is
    reported.
    That this inflates is our claim about its protocol, not the paper's.
Quantity: of 112 queries an episode, what is reported on a half by the half's own choice, minus by the other half's
    choice, mean over halves; accuracy of ICL and of fine-tuning, Rec2FTP, SimAOU (normalised). Seven draws and the
    rates of the tier.
Rule: mean difference over episodes > 0.01, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    the four.
Margin 0.01: one point of a hundred; the paper's tables print a tenth of it.
Minimum effect 0.02: beyond the margin.
Combines: each reported quantity is a claim for itself.
Refuted by: a quantity that gains no more than the margin.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs, Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.selection import REPORTED, selection_study

from .published import ACCURACY, beside

MARGIN = 0.01
MINIMUM_EFFECT = 0.02
SMALL_SETS = "halves of 56 queries, as many as the paper's smallest set (CB) has; its largest have 2000 to 7600"


@claim(
    "D8",
    DAI.at("section 4.1, appendix B"),
    "What is reported for ICL and fine-tuning is higher where settings were chosen on the reported queries.",
    brief="Choosing on the reported queries inflates results",
    combines="each",
    refuted_by="a quantity that gains no more than 0.01 by it",
    measures="what choosing settings on the reported episodes inflates",
    needs=Needs(next_tokens=True),
    trains=(Training.KEYS_VALUES,),
    demonstrations=56,
)
@pytest.mark.parametrize("reported", REPORTED)
def test_choosing_on_the_reported_queries_inflates(lab: Lab, judge: Judge, reported: str) -> None:
    study = selection_study(lab)
    outcome = paired_greater(
        study[f"{reported}, own choice"],
        study[f"{reported}, other's choice"],
        margin=MARGIN,
        quantity=f"{reported}, chosen on the reported queries - chosen on others",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, **beside(ACCURACY, SMALL_SETS, tuned=False))
