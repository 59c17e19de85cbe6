"""S3  The attention weights are far less sparse than the construction of a GD step needs.

Source: arXiv 2310.08540, section 3.2, figure 2; construction: arXiv 2212.07677, proposition 1.
Quantity: share of |w| below 1e-2, ..., 1e-6, mean over layers, for W_K, W_Q, W_V (the paper) and for what is
    identified, W_K^T W_Q and P W_V by head; thresholds as they are, and relative to the root mean square.
Rule: deterministic: at every threshold below the share of zeros that the construction has at the model's own side
    (W_V, P W_V: with a dense W0, its most lenient case). No sampling, so no p-value; the interval is the range.
Refuted by: a threshold at which the weights are as sparse as the construction.
"""

import pytest

from iclgd_core.evidence.claim import Mutations, claim
from iclgd_core.evidence.mutations import Mutation
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.evidence.verdict import Verdict
from iclgd_core.lab import Lab
from iclgd_core.stats import below
from iclgd_core.studies import MATRICES, SCALES, sparsity_study
from iclgd_core.studies.shen.sparsity import REQUIRED, ratio

from . import published

DEVIATION = "the paper: W_K, W_Q and W_V of LLaMA-7B and GPT-J, at thresholds as they are alone"
MUTATIONS: Mutations = {
    Mutation.SWAPPED: Verdict.SUPPORTED,  # the weights alone are read, here and where outputs are mutated below
    Mutation.GD_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ICL_AS_BOTH: Verdict.SUPPORTED,
    Mutation.ZERO_SHOT_AS_ICL: Verdict.INCONCLUSIVE,  # no ICL
    Mutation.ZERO_SHOT_AS_GD: Verdict.SUPPORTED,
    Mutation.PERMUTED_WEIGHTS: Verdict.INCONCLUSIVE,  # no ICL, here and below
    Mutation.UNTRAINED: Verdict.INCONCLUSIVE,
    Mutation.CONSTANT: Verdict.INCONCLUSIVE,
    Mutation.CONSTRUCTED_WEIGHTS: Verdict.REFUTED,
}


@claim(
    "S3",
    SHEN.at("section 3.2, figure 2"),
    "Averaged over layers, attention weights are less sparse than the construction of GD in them requires.",
    brief="Weights are less sparse than GD's construction needs",
    refuted_by="a threshold at which the weights are as sparse as the construction",
    mutations=MUTATIONS,
    measures="sparsity of the weights",
)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("matrix", MATRICES, ids=lambda name: name.replace(" ", "").replace("^", ""))
def test_weights_are_less_sparse_than_the_construction(weights: Lab, judge: Judge, matrix: str, scale: str) -> None:
    study = sparsity_study(weights.model, matrix, scale)
    measured, required = ratio(study.numbers), float(study[REQUIRED][0])
    outcome = below(measured, required, quantity=f"sparsity of {matrix}, {scale} threshold", unit="threshold")
    judge(
        outcome,
        study,
        paper=published.sparsity(matrix, scale),
        paper_value=published.SHARES,
        deviation=DEVIATION,
    )
