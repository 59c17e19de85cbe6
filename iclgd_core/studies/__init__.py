"""What a claim measures: from a laboratory to one number an episode, with the numbers behind it."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.studies.accounts import account_study
from iclgd_core.studies.accuracy import SCOPES, accuracy_study, many_study
from iclgd_core.studies.agreement import agreement_study, regression_agreement_study
from iclgd_core.studies.agreements import AGREEMENTS
from iclgd_core.studies.dai.twins import MEASURES, twin_study
from iclgd_core.studies.order import order_study, regression_order_study
from iclgd_core.studies.shen.checkpoints import checkpoint_study
from iclgd_core.studies.shen.invariance import invariance_study
from iclgd_core.studies.shen.sparsity import MATRICES, SCALES, sparsity_study
from iclgd_core.studies.sizes import agreement_at_sizes, size_study
from iclgd_core.studies.xie.icl_accuracy import by_demonstrations, by_length, by_size, icl_accuracy

__all__ = [
    "AGREEMENTS",
    "MATRICES",
    "MEASURES",
    "SCALES",
    "SCOPES",
    "account_study",
    "accuracy_study",
    "agreement_at_sizes",
    "agreement_study",
    "by_demonstrations",
    "by_length",
    "by_size",
    "checkpoint_study",
    "icl_accuracy",
    "invariance_study",
    "many_study",
    "order_study",
    "regression_agreement_study",
    "regression_order_study",
    "size_study",
    "sparsity_study",
    "twin_study",
]
