"""The laboratory of one model and task: its episodes, what is measured on them and kept, and how GD is set."""

import iclgd_core.safety.without_kernels  # noqa: F401  (first: before anything imports transformers)
from iclgd_core.lab.language import Lab, Series
from iclgd_core.lab.material import SHOTS
from iclgd_core.lab.measuring import REPLICAS
from iclgd_core.lab.setting import Score, Setting

__all__ = ["REPLICAS", "SHOTS", "Lab", "Score", "Series", "Setting"]
