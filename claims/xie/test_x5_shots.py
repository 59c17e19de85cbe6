"""X5  ICL accuracy grows with the number of demonstrations.

Source: arXiv 2111.02080, section 4, figure 3 and the results released with the paper.
Quantity: accuracy over the whole vocabulary with 0, 1, 4, 8 and 16 demonstrations; its slope on log2(1 + number),
    by least squares, for each episode. One subject a model size.
Rule: mean slope over episodes > 0.005, one-sided tests (sign flips and bootstrap-t, both must reject).
Margin 0.005 a doubling: 0.02 from none to 16 demonstrations, one query in fifty. The flattest of the paper's curves
    (4 layers, k = 10) climbs 0.006 a doubling.
Minimum effect 0.01 beyond the margin: 0.015 a doubling; the paper's 16 layers climb 0.026 at k = 8.
    60 episodes; the spread on 24 tuning episodes (0.025 at most) needs 54 for power 0.9.
Refuted by: an accuracy that is level, falls, or climbs by less than the margin.
Deviation: the paper has 29 to 115 million weights, up to 64 demonstrations and a vocabulary of 50; here 57 thousand to
    3 million, up to 16 and 150.
"""

import numpy as np

from iclgd_core import studies
from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater

from .published_accuracy import ACCURACY, by_demonstrations

EPISODES = 60
MARGIN = 0.005
MINIMUM_EFFECT = 0.01
DEVIATION = "models of 57 thousand to 3 million weights instead of 29 to 115 million, vocabulary of 150 instead of 50"


@claim(
    "X5",
    XIE.at("section 4, figure 3"),
    "ICL accuracy grows with the number of demonstrations, by more than 0.005 a doubling.",
    brief="Accuracy grows with the number of demonstrations",
    refuted_by="an accuracy that climbs by less than 0.005 a doubling, or falls",
    measures="accuracy by number of demonstrations",
)
def test_accuracy_grows_with_demonstrations(sized: Lab, judge: Judge) -> None:
    study = studies.by_demonstrations(sized, EPISODES)
    outcome = paired_greater(
        study["slope"],
        np.zeros_like(study["slope"]),
        margin=MARGIN,
        quantity="slope of ICL accuracy per doubling of 1 + demonstrations",
        minimum_effect=MINIMUM_EFFECT,
    )
    paper = "16 layers, k = 8: " + ", ".join(f"{y:.3f}" for y in ACCURACY[16, 8][:6]) + " with 0, 1, 2, 4, 8, 16"
    judge(outcome, study, by_demonstrations(8), paper_value=paper, deviation=DEVIATION)
