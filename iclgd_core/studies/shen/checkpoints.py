"""Weights and ICL accuracy along pretraining (arXiv 2310.08540, section 3, figure 3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct, relative_change
from iclgd_core.stats import slopes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

LATE = 0.5
"""Share of training after which it is late: the paper looks at late checkpoints alone."""


@dataclass(frozen=True, eq=False)
class CheckpointStudy:
    """The kept checkpoints of one training run, and those of its late part.

    Attributes:
        names: all checkpoints in order; steps: their training steps.
        accuracy: ICL accuracy, (episodes, checkpoints).
        drift: relative change of all weights since the checkpoint before, (checkpoints - 1,).
        late: which checkpoints belong to the second half of training, as indices.
        change: fitted change of accuracy over the late part (slope x span), (episodes,).
    """

    names: tuple[str, ...]
    steps: tuple[int, ...]
    accuracy: Floats
    drift: Floats
    late: tuple[int, ...]
    change: Floats

    def late_drift(self) -> dict[str, float]:
        """Return the drift between each two successive late checkpoints."""
        return {f"{self.names[i - 1]} to {self.names[i]}": float(self.drift[i - 1]) for i in self.late[1:]}

    def curves(self) -> tuple[Curve, ...]:
        """Return ICL accuracy and the change of the weights over training steps."""
        axis = "training step"
        accuracy = tuple(sampled(step, self.accuracy[:, i]) for i, step in enumerate(self.steps))
        drift = tuple(Point(float(step), float(d)) for step, d in zip(self.steps[1:], self.drift, strict=True))
        return (
            Curve("ICL accuracy with 8 demonstrations (share of queries)", "icl", "ICL", axis, accuracy),
            Curve(
                "change of the weights since the last checkpoint (share of their norm)",
                "weights",
                "weights",
                axis,
                drift,
            ),
        )

    def tuning(self) -> dict[str, Json]:
        """Return nothing: no setting was chosen."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {"late": LATE, "demonstrations": SHOTS}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "checkpoints": list(self.names),
            "icl_accuracy": self.accuracy.mean(0).tolist(),
            "relative_change": self.drift.tolist(),
            "late": [self.names[i] for i in self.late],
        }


class Weights(Mapping[str, Floats]):
    """Weights of a laboratory's model by name, in float64 one at a time, so that two large models fit in memory."""

    def __init__(self, lab: Lab) -> None:
        """Take the weights, off their GPU if they are on one."""
        self._weights = {name: weight.detach().cpu() for name, weight in lab.model.module.named_parameters()}

    def __getitem__(self, name: str) -> Floats:
        return np.asarray(self._weights[name].double().numpy())

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


def checkpoint_study(labs: Sequence[Lab], steps: Sequence[int]) -> CheckpointStudy:
    """Measure every checkpoint; `steps` are their training steps, ascending, the last being the end.

    Raises:
        NotRunError: fewer than three checkpoints in the second half of training.
    """
    late = tuple(i for i, step in enumerate(steps) if step >= LATE * steps[-1])
    if len(late) < 3:
        raise NotRunError(
            f"the claim needs at least 3 checkpoints in the second half of training; there are {len(late)}."
        )
    n = labs[0].count()
    answers = labs[0].answers("evaluation", n)
    accuracy = np.stack([correct(lab.in_context(SHOTS)[:, 0], answers).mean(-1) for lab in labs], axis=1)
    drift = np.array([relative_change(a, b) for a, b in pairwise(map(Weights, labs))])
    span = np.array([steps[i] for i in late], dtype=np.float64)
    change = slopes(span, accuracy[:, list(late)]) * (span[-1] - span[0])
    return CheckpointStudy(tuple(lab.model.name for lab in labs), tuple(steps), accuracy, drift, late, change)
