"""Agreement metrics of two next-token distributions, by name."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS
from iclgd_core.metrics import TOP_K, js_agreement, ocs_additive, ocs_bounded, token_overlap
from iclgd_core.models.language.predictions import LogProbs

Agreement = Callable[[LogProbs, LogProbs], NDArray[np.float64]]

AGREEMENTS: dict[str, Agreement] = {
    "token-overlap": token_overlap,
    "ocs-bounded": ocs_bounded,
    "ocs-additive": ocs_additive,
    "jensen-shannon": js_agreement,
}
"""Agreement of two next-token distributions, in [0, 1], 1 for equal ones; K = 10. OCS in both its readings."""


def compared_by(agreement: str, **fixed: Json) -> dict[str, Json]:
    """Return what was fixed beforehand where learners are compared by an agreement with 8 demonstrations."""
    top: dict[str, Json] = {} if agreement == "jensen-shannon" else {"top_k": TOP_K}
    return {"agreement": agreement, "demonstrations": SHOTS, **fixed, **top}
