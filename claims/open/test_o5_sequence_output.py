"""O5  The gap between ICL and GD is there for answers of several symbols as well, at each position.

Source: an open question of arXiv 2310.08540 (tasks beyond classification).
Quantity: agreement with ICL (Token Overlap K = 10; overlap cosine, bounded; 1 - Jensen-Shannon, base 2) on GINC prompts
    whose answer is the last three of eight symbols, each predicted behind the true ones before it: that of ICL in
    another order minus that of the most favourable full-batch GD on all answer symbols; at the first, second and third
    position, and on the mean over them. Floor (zero-shot), ceiling and closure are reported.
Rule: mean difference over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    agreements and positions. Learning rate and epoch: the nearest to ICL on tuning episodes on the mean over positions,
    for each agreement apart; not training is a choice.
Margin 0.02 and minimum effect 0.05 beyond it: those of S2. Quick: 24 episodes, which have power 0.9 after correction
    where the spread over episodes is 0.058 or less; on tuning episodes it is 0.042 at most.
Precondition: that with demonstrations the model is more accurate than by repeating their most frequent label was
    added to the precondition of all claims when the untrained control met the usual half of it here (0.012 against
    0.007, p = 0.03); it can only make a claim inconclusive.
Refuted by: a position at which GD's agreement with ICL is within the margin of ICL's with itself.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import OPEN
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.open.sequence_output import MEAN, POSITIONS, sequence_study

MARGIN = 0.02
MINIMUM_EFFECT = 0.05


@claim(
    "O5",
    OPEN.at("open questions"),
    "On answers of three symbols ICL agrees with ICL in another order more than with the most favourable GD.",
    brief="The gap is there for answers of three symbols",
    refuted_by="a position in the answer where GD agrees with ICL as ICL agrees with itself, within 0.02",
    measures="the gap where the answer is a sequence",
    trains=(Training.WHOLE,),
    demonstrations=8,
)
@pytest.mark.parametrize("agreement", ["token-overlap", "ocs-bounded", "jensen-shannon"])
@pytest.mark.parametrize("position", [*POSITIONS, MEAN])
def test_the_gap_is_there_in_sequences(sequence: Lab, judge: Judge, position: str, agreement: str) -> None:
    study = sequence_study(sequence, agreement, position)
    outcome = paired_greater(
        study["ceiling"],
        study["learner"],
        margin=MARGIN,
        quantity=f"agreement with ICL ({agreement}), {position} position, ICL in another order - GD",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study)
