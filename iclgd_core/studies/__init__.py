"""What a claim measures: from a laboratory to one number an episode, with the numbers behind it."""

from iclgd_core.studies.accuracy import SCOPES, AccuracyStudy, accuracy_study, many_study
from iclgd_core.studies.agreement import AGREEMENTS, AgreementStudy, agreement_study
from iclgd_core.studies.checkpoints import CheckpointStudy, checkpoint_study
from iclgd_core.studies.invariance import InvarianceStudy, invariance_study
from iclgd_core.studies.order import OrderStudy, order_study
from iclgd_core.studies.sizes import SizeStudy, size_study
from iclgd_core.studies.sparsity import MATRICES, SCALES, SparsityStudy, sparsity_study

__all__ = [
    "AGREEMENTS",
    "MATRICES",
    "SCALES",
    "SCOPES",
    "AccuracyStudy",
    "AgreementStudy",
    "CheckpointStudy",
    "InvarianceStudy",
    "OrderStudy",
    "SizeStudy",
    "SparsityStudy",
    "accuracy_study",
    "agreement_study",
    "checkpoint_study",
    "invariance_study",
    "many_study",
    "order_study",
    "size_study",
    "sparsity_study",
]
