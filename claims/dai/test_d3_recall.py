"""D3  ICL covers most of the predictions that fine-tuning puts right, and more of them than by chance (Rec2FTP).

Source: arXiv 2212.10559, section 4.
Quantity: of the queries that zero-shot has wrong and fine-tuning right, the share that ICL has right; as reported, and
    minus its chance level: ICL's accuracy on all queries of the same episode that zero-shot has wrong. What counts as
    right: the argmax over the labels (the paper) or over the vocabulary. Fine-tuning as in the paper (keys and values,
    one pass, one demonstration a step, language-model loss), at the most accurate rate on tuning episodes.
Rule: as reported: > 0.5; above chance: > 0.05; one-sided tests over episodes (sign flips and bootstrap-t, both must
    reject) of a ratio of sums, linearised, so that the spread of both sums counts; Holm over the four.
Margins: 0.5 is what "most" says. 0.05: five of a hundred recovered queries; the paper's sets differ among themselves by
    thirty, and a relation weaker than that could not be seen there.
Minimum effect 0.1: ten of a hundred recovered queries beyond the margin.
Refuted by: as reported, ICL that recovers less than half; above chance, ICL that recovers what fine-tuning learnt no
    more often than any other query that zero-shot has wrong.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.studies.dai.recall import READINGS, recall_outcome, recall_study

from .published import REC2FTP, beside

MARGIN = {"as-reported": 0.5, "above-chance": 0.05}
MINIMUM_EFFECT = 0.1


@claim(
    "D3",
    DAI.at("section 4"),
    "ICL has right most of what fine-tuning puts right, and more than by chance.",
    brief="ICL has right what fine-tuning puts right",
    refuted_by="ICL that recovers less than half, or no more than of the other queries that zero-shot has wrong",
    measures="Rec2FTP, and its chance level",
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("scope", ["labels", "vocabulary"])
@pytest.mark.parametrize("reading", READINGS)
def test_icl_covers_what_fine_tuning_learns(lab: Lab, judge: Judge, reading: str, scope: str) -> None:
    study = recall_study(lab, scope)
    judge(recall_outcome(study, reading, MARGIN[reading], MINIMUM_EFFECT), study, **beside(REC2FTP))
