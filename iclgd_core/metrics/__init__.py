"""What is read off predictions and weights: pure functions, arrays in, arrays or numbers out."""

from iclgd_core.metrics.accuracy import correct, correct_among
from iclgd_core.metrics.closure import Closure, closure
from iclgd_core.metrics.drift import relative_change
from iclgd_core.metrics.jensen_shannon import jensen_shannon, js_agreement
from iclgd_core.metrics.ocs import ocs_additive, ocs_bounded
from iclgd_core.metrics.order_sensitivity import order_sensitivity
from iclgd_core.metrics.sparsity import relative_sparsity, required_sparsity, sparsity_ratio
from iclgd_core.metrics.token_overlap import token_overlap
from iclgd_core.metrics.top_k import TOP_K

__all__ = [
    "TOP_K",
    "Closure",
    "closure",
    "correct",
    "correct_among",
    "jensen_shannon",
    "js_agreement",
    "ocs_additive",
    "ocs_bounded",
    "order_sensitivity",
    "relative_change",
    "relative_sparsity",
    "required_sparsity",
    "sparsity_ratio",
    "token_overlap",
]
