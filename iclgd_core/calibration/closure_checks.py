"""Closure with a planted truth: coverage of its interval, and how often it is given where it has no meaning."""

import numpy as np

from iclgd_core.calibration.check import Check, Sense
from iclgd_core.calibration.real_rules import LEVEL, RESAMPLES, ROUNDING
from iclgd_core.calibration.rules import ALPHA
from iclgd_core.calibration.shapes import Shape
from iclgd_core.metrics import closure
from iclgd_core.seeds import stream

FLOOR, GAP = 0.6, 0.2
"""Agreement of zero-shot with ICL, and how far ICL in another order is above it, on average over episodes."""

FLOOR_SD, GAP_SD, LEARNER_SD = 0.08, 0.06, 0.05


def closure_coverage(truth: float, episodes: int, shape: Shape, studies: int, seed: int) -> list[Check]:
    """Return how often the interval of a closure covers it, and how often there is one at all.

    A learner agrees with ICL by floor + truth * (ceiling - floor) + noise in each episode; floor, gap and noise have
    the shape given. Coverage counts the studies in which closure is defined.
    """
    rng = stream(seed, "calibration", "closure", str(truth), episodes, shape.name)
    covered = defined = 0
    for study in range(studies):
        floor, gap, noise = shape.draw(rng, (3, episodes)) * np.array([[FLOOR_SD], [GAP_SD], [LEARNER_SD]])
        floor, gap = FLOOR + floor, GAP + gap
        found = closure(floor + truth * gap + noise, floor, floor + gap, seed=study, resamples=RESAMPLES)
        if found.interval is not None:
            defined += 1
            covered += found.interval[0] - ROUNDING <= truth <= found.interval[1] + ROUNDING
    subject, planted = f"closure, {episodes} episodes", f"closure {truth:g}, {shape.name}"
    return [
        Check("metrics", subject, planted, "coverage", covered, defined, LEVEL, Sense.AT_LEAST, shape.coverage_limit),
        Check("metrics", subject, planted, "defined", defined, studies, 0.9, Sense.AT_LEAST),
    ]


def closure_without_gap(episodes: int, shape: Shape, studies: int, seed: int) -> Check:
    """Return how often a closure is given although floor and ceiling have the same mean."""
    rng = stream(seed, "calibration", "closure without gap", episodes, shape.name)
    defined = 0
    for study in range(studies):
        floor, gap, noise = shape.draw(rng, (3, episodes))
        found = closure(floor + noise, floor, floor + gap, seed=study, resamples=RESAMPLES)
        defined += found.value is not None
    limit = None if shape.coverage_limit is None else 1.0 - shape.coverage_limit
    return Check(
        "metrics", f"closure, {episodes} episodes", f"no gap, {shape.name}", "defined", defined, studies, ALPHA,
        Sense.AT_MOST, limit,
    )  # fmt: skip
