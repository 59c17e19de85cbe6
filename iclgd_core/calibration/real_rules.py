"""The rules' own functions on simulated studies, end to end: their p-values, and the interval that they report."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.calibration.check import Check, Sense
from iclgd_core.calibration.rules import ALPHA
from iclgd_core.calibration.shapes import Shape
from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.seeds import stream
from iclgd_core.stats import (
    at_every,
    mean_interval,
    paired_equivalent,
    paired_greater,
)

Floats = NDArray[np.float64]

RESAMPLES = 999
"""Bootstrap resamples a study. An interval from fewer resamples varies a little more, so it covers, if anything, less
than the rules' own from 9999."""

RULE_RESAMPLES = 499
"""Sign flips and bootstrap resamples where a whole rule is run; the p-values are valid for any number."""

LEVEL = 0.95
ROUNDING = 1e-9
"""Distance, in standard deviations, within which a truth ties with an end of an interval."""

SELECTED = 0.90
"""Coverage documented for the interval of the least of several equal members."""


def false_verdicts_end_to_end(design: SizedDesign, shape: Shape, studies: int, seed: int) -> list[Check]:
    """Return the rates of false verdicts of the rule's own function, all members at the boundary."""
    rng = stream(seed, "calibration", "end to end", design.rule, str(design.margin), shape.name)
    spread = design.spread or 1.0
    supported = refuted = covered = 0
    for study in range(studies):
        d = design.margin + spread * shape.draw(rng, (design.members, design.episodes))
        found = _outcome(design, d, rng, study)
        assert found.p_supported is not None  # noqa: S101  (finite data of several episodes)
        assert found.p_refuted is not None  # noqa: S101
        assert found.interval is not None  # noqa: S101
        supported += found.p_supported <= ALPHA
        refuted += found.p_refuted <= ALPHA
        covered += _covers(found.interval, design.margin, spread)
    subject, several = f"{design.rule}, the rule's own function", design.members > 1
    note = "the member is chosen by the data, which moves its interval" if several else ""
    return [
        Check("rules", subject, shape.name, "false supported", supported, studies, ALPHA, Sense.AT_MOST),
        Check("rules", subject, shape.name, "false refuted", refuted, studies, ALPHA, Sense.AT_MOST),
        Check(
            "intervals", f"{design.kind}, {design.episodes} episodes: the interval that is reported", shape.name,
            "coverage", covered, studies, LEVEL, Sense.AT_LEAST, SELECTED if several else None, note,
        ),
    ]  # fmt: skip


def _outcome(design: SizedDesign, d: Floats, rng: np.random.Generator, seed: int) -> Outcome:
    if design.kind == "equivalent":
        return paired_equivalent(d[0], margin=design.margin, quantity="d", seed=seed, resamples=RULE_RESAMPLES)
    b = rng.normal(size=d.shape)
    outcomes = {
        f"member {i}": paired_greater(
            d[i] + b[i], b[i], margin=design.margin, quantity="d", seed=seed, resamples=RULE_RESAMPLES
        )
        for i in range(design.members)
    }
    return at_every(outcomes, "least d") if design.kind == "every greater" else outcomes["member 0"]


def mean_coverage(episodes: int, shape: Shape, studies: int, seed: int) -> Check:
    """Return how often the 95% interval of a mean covers the truth."""
    rng = stream(seed, "calibration", "coverage of a mean", episodes, shape.name)
    covered = 0
    for study in range(studies):
        covered += _covers(
            mean_interval(shape.draw(rng, (episodes,)), LEVEL, seed=study, resamples=RESAMPLES), 0.0, 1.0
        )
    note = "documented limit of the bootstrap for this shape" if shape.coverage_limit is not None else ""
    return Check(
        "intervals", f"mean, {episodes} episodes", shape.name, "coverage", covered, studies, LEVEL, Sense.AT_LEAST,
        shape.coverage_limit, note,
    )  # fmt: skip


def _covers(interval: tuple[float, float], truth: float, spread: float) -> bool:
    slack = ROUNDING * spread
    return interval[0] - slack <= truth <= interval[1] + slack
