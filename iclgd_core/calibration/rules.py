"""Decision rules on simulated studies: false verdicts at the boundary of the null, and power at the minimum effect."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iclgd_core.calibration.check import Check, Sense
from iclgd_core.calibration.many_studies import holm_rows, one_sided_tests
from iclgd_core.calibration.shapes import Shape
from iclgd_core.calibration.sized_design import SizedDesign
from iclgd_core.seeds import stream
from iclgd_core.stats.power import EQUIVALENCE_POWER, POWER, episodes_needed

Floats = NDArray[np.float64]

ALPHA = 0.05
FAR = 10.0
"""Distance, in standard deviations, of members that hold beyond doubt."""

SKEWED_LIMIT = 0.10
ASYMMETRIC = "the bootstrap-t test keeps the level of skewed differences only nearly, up to twice alpha"

POWER_NOTE = "numbers of episodes are planned for normal noise; the bootstrap-t test costs power here"


class _PValues(NamedTuple):
    supported: Floats
    refuted: Floats


def false_verdicts(design: SizedDesign, shape: Shape, studies: int, seed: int) -> list[Check]:
    """Return the rates of false verdicts where the truth lies exactly on the boundary, before and after Holm.

    `studies` families of independent sub-claims are simulated, all at the boundary, which is the hardest case: for
    "greater" the true mean is the margin; for "equivalent" it is plus or minus the margin by turns; for "every
    greater" the supporting test has one member at the margin and the others far above it, the refuting test all
    members at the margin. Before correction every sub-claim counts as a study; after it every family does, and errs
    if any of its sub-claims does.
    """
    rng = stream(seed, "calibration", "false verdicts", design.rule, f"{design.margin} {design.spread}", shape.name)
    noise, away = _noise(design, shape, studies, rng), design.margin
    if design.kind == "every greater":
        far = np.where(np.arange(design.members) == 0, 0.0, FAR)[:, None]
        p = _PValues(_p_values(design, noise + far, rng).supported, _p_values(design, noise, rng).refuted)
    elif design.kind == "equivalent":
        side = np.where(np.arange(studies) % 2 == 0, 1.0, -1.0)[:, None, None, None]
        p = _p_values(design, noise + (side - 1.0) * away / _spread(design), rng)
    else:
        p = _p_values(design, noise, rng)
    limit, note = (None, "") if shape.symmetric else (SKEWED_LIMIT, ASYMMETRIC)
    subject = f"{design.rule} ({design.name})"
    return [
        Check("rules", subject, shape.name, what, int(hits.sum()), hits.size, ALPHA, Sense.AT_MOST, limit, note)
        for name, values in (("false supported", p.supported), ("false refuted", p.refuted))
        for what, hits in (
            (name, values <= ALPHA),
            (f"{name}, after Holm", (holm_rows(values, design.family) <= ALPHA).any(axis=1)),
        )
    ]


def power_at_minimum_effect(design: SizedDesign, shape: Shape, studies: int, seed: int) -> Check:
    """Return how often a sub-claim is supported, after Holm, where the truth is the stated minimum effect.

    The whole family has that truth; one sub-claim of each family is counted. For equivalence the truth is 0.
    """
    assert design.minimum_effect is not None  # noqa: S101  (the caller leaves the others out)
    rng = stream(seed, "calibration", "power", design.name, design.rule, shape.name)
    effect = -design.margin if design.kind == "equivalent" else design.minimum_effect
    noise = _noise(design, shape, studies, rng) + effect / _spread(design)
    hits = holm_rows(_p_values(design, noise, rng).supported, design.family)[:, 0] <= ALPHA
    target = EQUIVALENCE_POWER if design.kind == "equivalent" else POWER
    needed = episodes_needed(_spread(design), design.minimum_effect, ALPHA / design.family, target)
    note = POWER_NOTE if shape.power_limit is not None else ""
    if needed > design.episodes:
        note = f"needs about {needed} episodes"
    return Check(
        "power", f"{design.name}: {design.rule}, sd {_spread(design):g}", shape.name, "supported, after Holm",
        int(hits.sum()), hits.size, POWER, Sense.AT_LEAST, shape.power_limit, note,
    )  # fmt: skip


def _spread(design: SizedDesign) -> float:
    return 1.0 if design.spread is None or design.spread == 0.0 else design.spread


def _noise(design: SizedDesign, shape: Shape, studies: int, rng: np.random.Generator) -> Floats:
    """Draw noise in standard deviations, (families, sub-claims, members, episodes).

    Members of one sub-claim share the measurements of ICL: half of the variance.
    """
    size = (studies, design.tested, design.members, design.episodes)
    own = shape.draw(rng, size)
    if design.members == 1:
        return own
    shared = shape.draw(rng, (studies, design.tested, 1, design.episodes))
    return np.asarray((own + shared) / np.sqrt(2.0), dtype=np.float64)


def _p_values(design: SizedDesign, deviation: Floats, rng: np.random.Generator) -> _PValues:
    """Return the p-values of the rule, (families, sub-claims), for data at margin + spread * deviation."""
    shape = deviation.shape[:3]
    d = (design.margin + _spread(design) * deviation).reshape(-1, design.episodes)
    above, below = (p.reshape(shape) for p in one_sided_tests(d, design.margin, rng))
    if design.kind == "equivalent":
        above_lower, below_lower = (p.reshape(shape) for p in one_sided_tests(d, -design.margin, rng))
        supported = np.maximum(above_lower, below)
        refuted = np.minimum(1.0, 2.0 * np.minimum(above, below_lower))
        return _PValues(supported[..., 0], refuted[..., 0])
    refuted = np.minimum(1.0, design.members * below.min(axis=2))
    return _PValues(above.max(axis=2), refuted)
