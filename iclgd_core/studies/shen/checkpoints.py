"""Weights and ICL accuracy along pretraining (arXiv 2310.08540, section 3, figure 3)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import NotRunError
from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.metrics import correct, relative_change
from iclgd_core.stats import slopes
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

LATE = 0.5
"""Share of training after which it is late: the paper looks at late checkpoints alone."""
CHANGE = "change of accuracy"


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


def checkpoint_study(labs: Sequence[Lab], steps: Sequence[int]) -> Study:
    """Measure every kept checkpoint of one training run; `steps` are their training steps, ascending, the last the end.

    Numbers: CHANGE, the fitted change of ICL accuracy over the late part (slope x span), one number an episode; and for
    each two successive late checkpoints, "A to B", the relative change of all weights, one number.

    Raises:
        NotRunError: fewer than three checkpoints in the second half of training.
    """
    late = [i for i, step in enumerate(steps) if step >= LATE * steps[-1]]
    if len(late) < 3:
        raise NotRunError(
            f"the claim needs at least 3 checkpoints in the second half of training; there are {len(late)}."
        )
    n = labs[0].count()
    answers, names = labs[0].answers("evaluation", n), [lab.model.name for lab in labs]
    accuracy = np.stack([correct(lab.in_context(SHOTS)[:, 0], answers).mean(-1) for lab in labs], axis=1)
    drift = np.array([relative_change(a, b) for a, b in pairwise(map(Weights, labs))])
    span = np.array([steps[i] for i in late], dtype=np.float64)
    change = slopes(span, accuracy[:, late]) * (span[-1] - span[0])
    axis, moved = "training step", "change of the weights since the last checkpoint (share of their norm)"
    right = tuple(sampled(step, accuracy[:, i]) for i, step in enumerate(steps))
    moves = tuple(Point(float(step), float(d)) for step, d in zip(steps[1:], drift, strict=True))
    return Study(
        {CHANGE: change} | {f"{names[i - 1]} to {names[i]}": drift[i - 1 : i] for i in late[1:]},
        {
            "checkpoints": list(names),
            "icl_accuracy": accuracy.mean(0).tolist(),
            "relative_change": drift.tolist(),
            "late": [names[i] for i in late],
        },
        {"late": LATE, "demonstrations": SHOTS},
        curves=(
            Curve("ICL accuracy with 8 demonstrations (share of queries)", "icl", "ICL", axis, right),
            Curve(moved, "weights", "weights", axis, moves),
        ),
    )


def late_drift(study: Study) -> dict[str, float]:
    """Return the relative change of the weights between each two successive late checkpoints."""
    return {name: float(values[0]) for name, values in study.numbers.items() if name != CHANGE}
