"""What a claim measures: from a laboratory to one number an episode, with the numbers behind it."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.studies.accounts import AccountStudy, account_study, closure_record, closure_records
from iclgd_core.studies.accuracy import SCOPES, AccuracyStudy, accuracy_study, many_study
from iclgd_core.studies.agreement import AgreementStudy, agreement_study
from iclgd_core.studies.agreements import AGREEMENTS
from iclgd_core.studies.dai.twins import MEASURES, TwinStudy, twin_study
from iclgd_core.studies.order import OrderStudy, order_study
from iclgd_core.studies.shen.checkpoints import CheckpointStudy, checkpoint_study
from iclgd_core.studies.shen.invariance import InvarianceStudy, invariance_study
from iclgd_core.studies.shen.sparsity import MATRICES, SCALES, SparsityStudy, sparsity_study
from iclgd_core.studies.sizes import SizeStudy, size_study
from iclgd_core.studies.xie.icl_accuracy import (
    AccuracyTrend,
    by_demonstrations,
    by_length,
    by_size,
    icl_accuracy,
)

__all__ = [
    "AGREEMENTS",
    "MATRICES",
    "MEASURES",
    "SCALES",
    "SCOPES",
    "AccountStudy",
    "AccuracyStudy",
    "AccuracyTrend",
    "AgreementStudy",
    "CheckpointStudy",
    "InvarianceStudy",
    "OrderStudy",
    "SizeStudy",
    "SparsityStudy",
    "TwinStudy",
    "account_study",
    "accuracy_study",
    "agreement_study",
    "by_demonstrations",
    "by_length",
    "by_size",
    "checkpoint_study",
    "closure_record",
    "closure_records",
    "icl_accuracy",
    "invariance_study",
    "many_study",
    "order_study",
    "size_study",
    "sparsity_study",
    "twin_study",
]
