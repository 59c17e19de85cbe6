"""D6  ICL attends to the training tokens in the order in which fine-tuning does (Kendall).

Source: arXiv 2212.10559, section 4.
Quantity: Kendall's tau-b over the demonstrations' tokens, of ICL's scores (summed over heads) and of the inner products
    of query vectors, test token in the fine-tuned model with training token before its step; mean over layers and
    queries, minus a chance level: random numbers (the paper's), or the same inner products with the demonstrations
    permuted, in which only a token's place within its demonstration is left. Curve by layer. Fine-tuning as in D3.
Rule: mean difference over episodes > 0.05, one-sided tests (sign flips and bootstrap-t, both must reject); Holm over
    the two chance levels.
Margin 0.05: a third of the paper's smallest value (0.151).
Minimum effect 0.05: from the margin two thirds of the way to it.
Refuted by: an order of training tokens that is shared no more than by chance, within the margin.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Training
from iclgd_core.evidence.papers import DAI
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.dai.training_tokens import training_token_study

from .published import KENDALL, POSITION, ROTARY, beside

MARGIN = 0.05
MINIMUM_EFFECT = 0.05


@claim(
    "D6",
    DAI.at("section 4"),
    "ICL and fine-tuning rank the training tokens alike, more than by chance.",
    brief="ICL and fine-tuning rank training tokens alike",
    refuted_by="a rank correlation no larger than by chance, within 0.05",
    measures="attention to training tokens, Kendall's tau",
    trains=(Training.KEYS_VALUES,),
    demonstrations=8,
)
@pytest.mark.parametrize("chance", ["random", "shuffled"])
def test_icl_attends_to_training_tokens_as_fine_tuning_does(lab: Lab, judge: Judge, chance: str) -> None:
    study = training_token_study(lab)
    outcome = paired_greater(
        study["tau"],
        study[chance],
        margin=MARGIN,
        quantity=f"Kendall's tau of attention to training tokens, minus chance ({chance})",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, **beside(KENDALL, POSITION, ROTARY))
