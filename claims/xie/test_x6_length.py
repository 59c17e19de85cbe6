"""X6  Accuracy with demonstrations grows with the length k of the examples.

Source: arXiv 2111.02080, section 4, figure 3 and the results released with the paper.
Quantity: accuracy over the whole vocabulary with 8 demonstrations at k = 3, 5, 8, 10; its slope on k, by least squares,
    for each row of four episodes, one of each length. One subject a model size. Accuracy without demonstrations is
    reported beside it: it may grow with k as well, for a longer query tells more of itself.
Rule: mean slope over rows > 0.01, one-sided tests (sign flips and bootstrap-t, both must reject).
Margin 0.01 a symbol: 0.07 from k = 3 to 10; the least of the paper's models (4 layers) has 0.03 a symbol.
Minimum effect 0.02 beyond the margin: 0.03 a symbol, that of the paper's 4 layers. 60 rows; the spread on 24 tuning
    rows (0.052 at most) needs 59 for power 0.9.
Refuted by: an accuracy that is level, falls, or climbs by less than the margin.
Deviation: as X5. It asks for no gain from demonstrations: a model without any must not be accurate at any k.
"""

from collections.abc import Sequence

import numpy as np

from iclgd_core import studies
from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater

from .published_accuracy import ACCURACY, EIGHT, by_length

EPISODES = 60
MARGIN = 0.01
MINIMUM_EFFECT = 0.02
DEVIATION = "models of 57 thousand to 3 million weights instead of 29 to 115 million, vocabulary of 150 instead of 50"


@claim(
    "X6",
    XIE.at("section 4, figure 3"),
    "Accuracy with 8 demonstrations grows with the length of the examples, by more than 0.01 a symbol; zero-shot "
    "accuracy is reported beside it.",
    brief="Accuracy grows with the length of examples",
    refuted_by="an accuracy that climbs by less than 0.01 a symbol, or falls",
    needs_icl=False,
    measures="accuracy by length of the examples",
)
def test_accuracy_grows_with_the_length_of_examples(lengths: Sequence[Lab], judge: Judge) -> None:
    ks = tuple(int(lab.task.name.rpartition("k")[2]) for lab in lengths)
    study = studies.by_length(lengths, ks, EPISODES, shared=(8,))
    outcome = paired_greater(
        study["slope"],
        np.zeros_like(study["slope"]),
        margin=MARGIN,
        quantity="slope of accuracy with 8 demonstrations per symbol of an example",
        minimum_effect=MINIMUM_EFFECT,
    )
    paper = "16 layers: " + ", ".join(f"{ACCURACY[16, k][EIGHT]:.3f}" for k in ks) + " at k = 3, 5, 8, 10"
    judge(outcome, study, by_length(), paper_value=paper, deviation=DEVIATION)
