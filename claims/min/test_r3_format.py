"""R3  The format matters more than the labels: without labels, demonstrations help less than with random ones.

Source: arXiv 2202.12837, section 5 (demonstrations with no labels keep little of the gain; the format of input-label
    pairs is what helps; known at second hand).
Quantity: accuracy over the whole vocabulary with 8 demonstrations, with random labels (uniform) minus with no labels
    (x / x / ... / x, the same inputs and queries).
Rule: mean difference over episodes > 0, one-sided tests (sign flips and bootstrap-t, both must reject).
Bound 0: the statement is about the sign.
Minimum effect 0.05: the size that R1 calls small.
Refuted by: demonstrations without labels that are at least as good as with random ones.
Deviation: as R1; an input without label is shorter than a query here by nothing but its delimiter.
"""

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import MIN
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.min.random_labels import random_label_study

MINIMUM_EFFECT = 0.05
DEVIATION = "8 demonstrations, not 16; a label is the next symbol of a text"


@claim(
    "R3",
    MIN.at("section 5"),
    "ICL is more accurate with random labels in its demonstrations than with demonstrations without labels.",
    brief="Random labels are better than none",
    refuted_by="demonstrations without labels with which ICL is more accurate than with random ones",
    measures="demonstrations without labels",
    needs=Needs(posterior=True),
)
def test_random_labels_are_better_than_no_labels(lab: Lab, judge: Judge) -> None:
    random, none = random_label_study(lab, "uniform"), random_label_study(lab, "none")
    outcome = paired_greater(
        random["other labels"],
        none["other labels"],
        margin=0.0,
        quantity="accuracy with demonstrations, random labels - no labels",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, none, uniform_accuracy=float(random["other labels"].mean()), deviation=DEVIATION)
