"""Two random updates held against each other by SimAOU: the artefact of normalising first (arXiv 2311.07772, 3.1)."""

from dataclasses import dataclass

import numpy as np

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.metrics.sim_aou import sim_aou, sim_aou_of_random_updates
from iclgd_core.seeds import stream

DIMENSIONS = 2048
"""Width of the paper's model (1.3B)."""

PAIRS = 1000
SIZES = (1.0, 3.0, 10.0)
"""Squared length of an update, in squared lengths of what it is added to; 3 is the paper's example."""

FORMS = ("normalised", "raw")


@dataclass(frozen=True)
class ArtefactStudy:
    """SimAOU of two independent random updates.

    Attributes:
        mean: over pairs; standard_error of it.
        expected: the closed form in the limit of many dimensions; 0 for the raw form.
        size, form: squared length of the updates, and one of FORMS.
    """

    mean: float
    standard_error: float
    expected: float
    size: float
    form: str

    def curves(self) -> tuple[Curve, ...]:
        """Return none: one number."""
        return ()

    def tuning(self) -> dict[str, Json]:
        """Return nothing: no setting was chosen."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"form": self.form, "squared_size": self.size, "dimensions": DIMENSIONS, "pairs": PAIRS}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {"mean": self.mean, "standard_error": self.standard_error, "closed_form": self.expected}


def artefact_study(size: float, form: str, seed: int = 0) -> ArtefactStudy:
    """Draw vectors h and independent updates r, r' in random directions with |r|^2 = |r'|^2 = size |h|^2.

    Args:
        size: squared length of the updates.
        form: one of FORMS.
        seed: of the draws.
    """
    rng = stream(seed, "random updates", repr(size))
    start, first, second = rng.standard_normal((3, PAIRS, DIMENSIONS))
    lengths = np.sqrt(size) * np.linalg.norm(start, axis=-1, keepdims=True)
    icl, tuned = (start + lengths * r / np.linalg.norm(r, axis=-1, keepdims=True) for r in (first, second))
    found = sim_aou(icl, start, tuned, normalise=form == "normalised")
    expected = float(sim_aou_of_random_updates(size)) if form == "normalised" else 0.0
    return ArtefactStudy(float(found.mean()), float(found.std(ddof=1) / np.sqrt(PAIRS)), expected, size, form)
