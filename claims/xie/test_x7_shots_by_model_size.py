"""X7  Accuracy with demonstrations grows with model size.

Source: arXiv 2111.02080, section 4 (4, 12 and 16 layers).
Quantity: accuracy over the whole vocabulary with 8 demonstrations at each size, on the same episodes; its slope on
    log10 of the number of weights, by least squares, for each episode. Accuracy without demonstrations is reported
    beside it: a larger model may know the language better as well, whatever it makes of demonstrations.
Rule: mean slope over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject).
Margin 0.02 a decade: one query in fifty; the paper's models gain 0.15 (k = 3) and 0.39 (k = 10) a decade.
Minimum effect 0.02 beyond the margin. Quick: 96 episodes; the spread on 24 tuning episodes (0.050) needs 55 for power
    0.9.
Refuted by: an accuracy that is level, falls, or climbs by less than the margin.
Deviation: as X5; sizes differ in width here, in depth in the paper. It asks for no gain from demonstrations: all sizes
    count, those without ICL too. A family of models that learnt nothing is equally bad at all sizes, which refutes.
"""

from collections.abc import Sequence

import numpy as np

from iclgd_core import studies
from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater

from .published_accuracy import ACCURACY, EIGHT, by_size

MARGIN = 0.02
MINIMUM_EFFECT = 0.02
DEVIATION = (
    "57 thousand to 3 million weights, by width, instead of 29 to 115 million, by depth; vocabulary of 150; k = 8, "
    "the paper's numbers are at k = 10"
)


@claim(
    "X7",
    XIE.at("section 4"),
    "Accuracy with 8 demonstrations grows with model size, by more than 0.02 a decade of weights; zero-shot accuracy "
    "is reported beside it.",
    brief="Accuracy grows with model size",
    refuted_by="an accuracy that climbs by less than 0.02 a decade of weights, or falls",
    needs_icl=False,
    measures="accuracy over model sizes",
)
def test_accuracy_grows_with_model_size(family: Sequence[Lab], judge: Judge) -> None:
    study = studies.by_size(family, family[0].tier.episodes)
    outcome = paired_greater(
        study["slope"],
        np.zeros_like(study["slope"]),
        margin=MARGIN,
        quantity="slope of accuracy with 8 demonstrations per decade of weights",
        minimum_effect=MINIMUM_EFFECT,
    )
    paper = "4, 12, 16 layers at k = 10: " + ", ".join(f"{ACCURACY[layers, 10][EIGHT]:.3f}" for layers in (4, 12, 16))
    judge(outcome, study, by_size(10), paper_value=paper, deviation=DEVIATION)
