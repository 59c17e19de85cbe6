"""V5  The construction's matrices have the zeros that the requirement of sparsity counts.

Source: arXiv 2310.08540, section 3.2, on arXiv 2212.07677, appendix A. Counted in each layer of the model (d = 10,
    Ny = 1), and in the construction with d = Ny = n for n = 4, 32, 64. The model's W0 is 0; for the dense W0 its W_V
    gets ones in the block of W0.
Quantity: |share of zeros counted - share required|; required: W_K, W_Q: 1 - d/D^2; W_V: 1 - (Ny d + Ny)/D^2, with
    W0 = 0: 1 - Ny/D^2; P: 1 - D/D^2, where D = d + Ny.
Rule: deterministic, at every size: difference < 1e-12; both are quotients of small integers.
Refuted by: a matrix, of the model or of another size, with another number of zeros.
Paper value: "more than 99.99%" for W_K and W_Q, "about 75%" for W_V: right at d = Ny = 4096, so for matrices of side
8192, twice that of LLaMA's projections, and for a dense W0, while the construction's experiments have W0 = 0.
"""

import pytest

from iclgd_core.evidence.claim import claim
from iclgd_core.evidence.papers import SHEN
from iclgd_core.evidence.study import Judge
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.stats import below
from iclgd_core.studies.vonoswald.exactness import attention_of
from iclgd_core.studies.vonoswald.zeros import MATRICES, counted_zeros, model_zeros, required_zeros

BOUND = 1e-12
SIZES = (4, 32, 64)
PAPER = {"W_K": "> 0.9999", "W_Q": "> 0.9999", "W_V dense W0": "about 0.75"}


@claim(
    "V5",
    SHEN.at("section 3.2"),
    "The construction has exactly as many zeros in each of its matrices as it is said to require.",
    brief="The construction has the zeros it is said to need",
    refuted_by="a matrix of the construction with another share of zeros than required",
    needs_icl=False,
    measures="zeros of the construction's matrices, counted",
)
@pytest.mark.regression("constructed-lsa-1")
@pytest.mark.parametrize("matrix", MATRICES, ids=lambda name: name.replace(" ", "-").replace("-=-", "="))
def test_the_construction_has_the_zeros_required(regression: RegressionLab, judge: Judge, matrix: str) -> None:
    own = required_zeros(matrix, regression.task.inputs, regression.task.outputs)
    counted = model_zeros(matrix, attention_of(regression))
    differences = {layer: abs(share - own) for layer, share in counted.items()} | {
        f"d = Ny = {n}": abs(counted_zeros(matrix, n, n) - required_zeros(matrix, n, n)) for n in SIZES
    }
    judge(
        below(differences, BOUND, quantity=f"share of zeros of {matrix}, counted - required", unit="matrix"),
        paper_value=PAPER.get(matrix),
        counted_in_the_model=dict(counted),
        required={"side 8192": required_zeros(matrix, 4096, 4096), "side 4096": required_zeros(matrix, 2048, 2048)},
    )
