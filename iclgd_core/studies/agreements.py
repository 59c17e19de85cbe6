"""Agreement metrics of two next-token distributions, by name."""

from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS
from iclgd_core.metrics import agreements
from iclgd_core.metrics.agreement import Agreement

AGREEMENTS: dict[str, Agreement] = {name: one.measure for name, one in agreements().items()}
"""Agreement of two next-token distributions, in [0, 1], 1 for equal ones; K = 10. OCS in both its readings."""


def compared_by(agreement: str, **fixed: Json) -> dict[str, Json]:
    """Return what was fixed beforehand where learners are compared by an agreement with 8 demonstrations."""
    top_k = agreements()[agreement].top_k
    top: dict[str, Json] = {} if top_k is None else {"top_k": top_k}
    return {"agreement": agreement, "demonstrations": SHOTS, **fixed, **top}
