"""X1  The posterior predictive that ICL is held against is exact.

Source: arXiv 2111.02080, section 2, equations of the posterior predictive p(output | prompt).
Quantity: largest difference of a probability of the next symbol between the forward algorithm and the sum over every
    hidden path written out, in a small world (4 slots, 3 values, 3 HMMs), for each prompt of two demonstrations.
Rule: deterministic, every prompt below 1e-12.
Bound 1e-12: float64 rounding (1e-16) over a dozen products and some thousand summands.
Refuted by: a prompt whose predictive differs by more.
Deviation: the paper works with the mixture alone; forced delimiters make most prompts impossible under it, so a
    restart of the state has probability 1e-12 (see X3m). The posterior that knows the prompt's structure is this
    project's.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import XIE
from iclgd_core.evidence.study import Judge
from iclgd_core.learners.bayes import POSTERIORS
from iclgd_core.stats import below
from iclgd_core.studies.xie.exactness import exactness_study

BOUND = 1e-12
DEVIATION = "with a restart of the state of probability 1e-12, and a posterior that knows the structure beside it"


@claim(
    "X1",
    XIE.at("section 2"),
    "The forward algorithm gives the posterior predictive of a GINC prompt exactly.",
    brief="The forward algorithm is the exact posterior",
    refuted_by="a prompt whose predictive differs from the sum over all hidden paths by more than rounding",
    needs_icl=False,
    measures="the forward algorithm against a sum over all hidden paths",
)
@pytest.mark.parametrize("posterior", sorted(POSTERIORS))
def test_the_posterior_is_exact(judge: Judge, posterior: str) -> None:
    study = exactness_study(posterior)
    outcome = below(study.numbers, BOUND, quantity="largest difference of a probability", unit="prompt")
    judge(outcome, study, deviation=DEVIATION)
