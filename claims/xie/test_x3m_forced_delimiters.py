"""X3m  The posterior of the pretraining mixture gets more accurate with demonstrations.

Source: arXiv 2111.02080, section 3, theorem 1: what demonstrations tell about the HMM outweighs what forced
    delimiters mislead.
Quantity: accuracy over the whole vocabulary of the mixture posterior, in the limit of no restarts, with 8
    demonstrations minus without. No model takes part: what is judged is the account, wherever a model shows ICL that
    it is to explain.
Rule: mean difference over episodes > 0, one-sided tests (sign flips and bootstrap-t, both must reject).
Bound 0: the theorem says that demonstrations help; any gain will do.
Minimum effect 0.05: about half of what 8 demonstrations give ICL here.
Refuted by: a posterior that 8 demonstrations make less accurate.
Why it can fail: of the slot transitions of an HMM more than a third are exactly 0, so a delimiter forced behind k
    symbols, or a start slot forced behind a delimiter, is mostly impossible; the HMM that needs the fewest restarts
    wins, which need not be the prompt's. The details have, by number of demonstrations, the share of prompts that are
    impossible under every HMM, the posterior of the prompt's own HMM, and the accuracy at higher restart rates.
"""

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.needs import Needs
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.lab import Lab
from iclgd_core.stats import paired_greater
from iclgd_core.studies.xie.concentration import concentration_study

MINIMUM_EFFECT = 0.05
DEVIATION = "8 demonstrations, where the theorem has infinitely many; impossible steps cost a restart of 1e-12"


@claim(
    "X3m",
    XIE.at("section 3, theorem 1"),
    "8 demonstrations make the posterior of the pretraining mixture, which reads delimiters as text, more accurate.",
    brief="Demonstrations help the mixture's posterior",
    refuted_by="a posterior that 8 demonstrations make less accurate",
    measures="the posterior that does not know the prompt's structure",
    needs=Needs(posterior=True),
    demonstrations=8,
)
def test_demonstrations_help_the_mixture_posterior(lab: Lab, judge: Judge) -> None:
    study = concentration_study(lab)
    outcome = paired_greater(
        study["with 8 demonstrations"],
        study["without demonstrations"],
        margin=0.0,
        quantity="accuracy of the mixture posterior, with 8 demonstrations - without",
        minimum_effect=MINIMUM_EFFECT,
    )
    judge(outcome, study, deviation=DEVIATION)
