"""O3  Does ICL emerge from this pretraining distribution?

Source: an open question of arXiv 2310.08540 (limitations: which data make ICL); the distributions are those of
    arXiv 2111.02080, section 4.2. Each is its own subject: GINC with 150 symbols (the reference), with 100, with 50,
    with value identity 0 (entities that change at every step), one HMM instead of a mixture of five (prompts from all
    five), independent uniform tokens (prompts of the reference).
Quantity: accuracy over the whole vocabulary with 8 demonstrations minus that without, k = 8.
Rule: mean difference over episodes > 0.02, one-sided tests (sign flips and bootstrap-t, both must reject).
Margin 0.02: one query in fifty, as in S2b.
Minimum effect 0.06, that is 0.04 beyond the margin: half of what the paper's 16 layers gain at k = 8 (0.12). Quick:
    96 episodes; the spread on 24 tuning episodes of two of the models (0.133 at most) needs 96 for power 0.9.
Refuted by: a gain below the margin. That is what the paper finds for value identity 0, one HMM and random tokens, so
    `refuted` is its answer there, and `supported` for the mixtures.
Deviation: 208 thousand weights, 8 demonstrations, one seed; tokens of the last are uniform over the symbols.
"""

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import OPEN
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies import by_demonstrations

from .published_distributions import EMERGENCE

MARGIN = 0.02
MINIMUM_EFFECT = 0.06
NUMBERS = (0, SHOTS)
DEVIATION = "208 thousand weights instead of 29 to 115 million, one seed, 8 demonstrations"


@claim(
    "O3",
    OPEN.at("limitations; distributions of Xie et al., arXiv 2111.02080, section 4.2"),
    "Pretraining on this distribution makes accuracy grow with 8 demonstrations, by more than 0.02.",
    brief="Demonstrations help after this pretraining",
    refuted_by="a gain of less than 0.02 from 8 demonstrations",
    needs_icl=False,
    measures="ICL after other pretraining distributions",
    demonstrations=8,
)
def test_icl_emerges(distribution: Lab, judge: Judge) -> None:
    study = by_demonstrations(distribution, distribution.tier.episodes, NUMBERS)
    outcome = paired_greater(
        study[f"ICL accuracy, demonstrations: {SHOTS}"],
        study["ICL accuracy, demonstrations: 0"],
        margin=MARGIN,
        quantity="accuracy over the vocabulary, 8 demonstrations - none",
        minimum_effect=MINIMUM_EFFECT - MARGIN,
    )
    judge(outcome, study, paper_value=EMERGENCE[distribution.model.name], deviation=DEVIATION)
