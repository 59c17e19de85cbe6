"""How much ICL and learners in regression depend on the order of the demonstrations."""

from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.lab.tuned import Chosen, tuned
from iclgd_core.metrics.prediction_distance import order_spread
from iclgd_core.tasks.regression.task import Floats


@dataclass(frozen=True, eq=False)
class RegressionOrderStudy:
    """Spread of the predictions over orders, in standard deviations of y, one number an episode.

    Attributes:
        icl: of in-context learning.
        learner: of the learner on the same demonstrations in the same orders.
        chosen: the learner's setting, the most accurate on tuning episodes.
        orders: number of orders.
    """

    icl: Floats
    learner: Floats
    chosen: Chosen
    orders: int

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "icl_sensitivity": float(self.icl.mean()),
            "gd_sensitivity": float(self.learner.mean()),
            "setting": self.chosen.record(),
            "orders": self.orders,
            "ddof": 0,
        }

    def curves(self) -> tuple[Curve, ...]:
        """Return no curve."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return how the learner's setting was chosen."""
        return self.chosen.protocol

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {"learner": self.chosen.learner.account, "orders": self.orders, "ddof": 0}


def regression_order_study(lab: RegressionLab, account: str) -> RegressionOrderStudy:
    """Measure the order sensitivity of ICL and of a learner at its most accurate setting.

    Raises:
        DivergedError: the learner, or ICL, gave a prediction that is not finite on the evaluation episodes.
    """
    orders, chosen = lab.size.orders, tuned(lab, account, "answers")
    runs = np.stack([chosen.predict(lab.in_order(o)) for o in range(orders)], axis=1)
    return RegressionOrderStudy(
        icl=order_spread(lab.in_context(orders=orders), lab.scale),
        learner=order_spread(runs, lab.scale),
        chosen=chosen,
        orders=orders,
    )
