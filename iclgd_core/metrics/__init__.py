"""What is read off predictions and weights: pure functions, arrays in, arrays or numbers out."""

from iclgd_core.metrics.accuracy import correct, correct_among
from iclgd_core.metrics.agreement import agreements
from iclgd_core.metrics.closure import Closure, closure, closure_of_agreement
from iclgd_core.metrics.cosine import cosine, unit
from iclgd_core.metrics.drift import relative_change
from iclgd_core.metrics.dual_form import linear_attention, outer_products, relaxation_share
from iclgd_core.metrics.jensen_shannon import jensen_shannon, js_agreement
from iclgd_core.metrics.kendall import kendall_tau
from iclgd_core.metrics.ocs import ocs_additive, ocs_bounded
from iclgd_core.metrics.order_sensitivity import order_sensitivity
from iclgd_core.metrics.rec2ftp import Rec2Ftp, rec2ftp
from iclgd_core.metrics.sim_am import sim_am, sim_am_delta
from iclgd_core.metrics.sim_aou import sim_aou, sim_aou_of_random_updates
from iclgd_core.metrics.sparsity import relative_sparsity, required_sparsity, sparsity_ratio
from iclgd_core.metrics.token_overlap import token_overlap
from iclgd_core.metrics.top_k import TOP_K

__all__ = [
    "TOP_K",
    "Closure",
    "Rec2Ftp",
    "agreements",
    "closure",
    "closure_of_agreement",
    "correct",
    "correct_among",
    "cosine",
    "jensen_shannon",
    "js_agreement",
    "kendall_tau",
    "linear_attention",
    "ocs_additive",
    "ocs_bounded",
    "order_sensitivity",
    "outer_products",
    "rec2ftp",
    "relative_change",
    "relative_sparsity",
    "relaxation_share",
    "required_sparsity",
    "sim_am",
    "sim_am_delta",
    "sim_aou",
    "sim_aou_of_random_updates",
    "sparsity_ratio",
    "token_overlap",
    "unit",
]
