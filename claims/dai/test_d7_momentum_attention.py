"""D7  Attention with momentum is better than plain attention: lower perplexity, more accurate ICL.

Source: arXiv 2212.10559, section 6, tables 6 and 7: one run each, without variance. This gives it one.
Quantity: models trained from scratch in pairs that share seed, initial weights, documents and windows, and differ in
    attention alone. Perplexity: log perplexity on fresh documents at the whole context, plain - momentum. ICL: accuracy
    over the whole vocabulary, mean over 4, 8 and 16 demonstrations, momentum - plain.
Rule: mean difference over pretraining seeds > 0, one-sided t tests over seeds; Holm over the two.
    The project's rules cannot be used on 3 seeds: 8 sign flips give no p below 0.125. The t test can reject with 3, if
    differences of runs are normal, as averages over many tokens and queries of one recipe may be; 3 numbers cannot
    show that. With 2 degrees of freedom it needs a mean of 2.5 standard deviations (after correction) to decide.
Bound 0: the statement is about the sign. In the details: mean over seeds of each attention, with a 95% t interval.
Minimum effect: a log perplexity of 0.008 (the paper's 15.14 to 15.02) and an accuracy of 0.028 (51.9 to 54.7).
60 episodes of accuracy a seed, others for each seed: so the spread over seeds has that over episodes in it.
Precondition: each plain twin learns in context; without that there is no accuracy of ICL to compare.
Refuted by: a mean difference that is below 0 as firmly.
Deviation: 208 thousand weights instead of 350 million; GINC instead of text; eta, which the paper does not give, is
    0.5, fixed before training, so that the momentum's weights sum to 1 as those of attention do.
"""

from collections.abc import Sequence

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.models.pretrain import RECIPES
from iclgd_core.stats import paired_t
from iclgd_core.studies import MEASURES, twin_study

EPISODES = 60
KINDS = ("plain attention", "momentum attention")
MINIMUM_EFFECT = {"perplexity": 0.008, "icl-accuracy": 0.028}
QUANTITY = {
    "perplexity": "log perplexity on validation documents, plain attention - momentum attention",
    "icl-accuracy": "ICL accuracy over 4 to 16 demonstrations, momentum attention - plain attention",
}
PAPER = {"perplexity": "15.14 to 15.02 (log: 0.008)", "icl-accuracy": "51.9 to 54.7 percent on average"}
DEVIATION = "208 thousand weights on GINC instead of 350 million on text; eta 0.5, not given in the paper"


@claim(
    "D7",
    DAI.at("section 6, tables 6 and 7"),
    "Attention with momentum has lower perplexity and more accurate ICL than plain attention.",
    brief="Attention with momentum is better",
    refuted_by="momentum that makes perplexity higher, or ICL less accurate, over pretraining seeds",
    measures="momentum attention against its plain twin",
    demonstrations=8,
)
@pytest.mark.parametrize("what", MEASURES)
def test_momentum_attention_is_better(twins: Sequence[tuple[Lab, Lab]], judge: Judge, what: str) -> None:
    recipes = [RECIPES[plain.model.name] for plain, _ in twins]
    study = twin_study(twins, recipes, what, EPISODES, KINDS)
    outcome = paired_t(
        study["gain"],
        margin=0.0,
        quantity=QUANTITY[what],
        unit="pretraining seed",
        minimum_effect=MINIMUM_EFFECT[what],
    )
    judge(outcome, study, paper_value=PAPER[what], deviation=DEVIATION)
