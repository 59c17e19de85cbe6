"""Agreement metrics of two next-token distributions, by name."""

from iclgd_core.metrics import agreements
from iclgd_core.metrics.agreement import Agreement

AGREEMENTS: dict[str, Agreement] = {name: one.measure for name, one in agreements().items()}
"""Agreement of two next-token distributions, in [0, 1], 1 for equal ones; K = 10. OCS in both its readings."""
