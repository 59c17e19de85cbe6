"""Two random updates held against each other by SimAOU: the artefact of normalising first (arXiv 2311.07772, 3.1)."""

import numpy as np

from iclgd_core.evidence.study import Study
from iclgd_core.metrics.sim_aou import sim_aou, sim_aou_of_random_updates
from iclgd_core.seeds import stream

DIMENSIONS = 2048
"""Width of the paper's model (1.3B)."""

PAIRS = 1000
SIZES = (1.0, 3.0, 10.0)
"""Squared length of an update, in squared lengths of what it is added to; 3 is the paper's example."""

NORMALISATIONS = ("normalised", "raw")


def artefact_study(size: float, form: str, seed: int = 0) -> Study:
    """Draw vectors h and independent updates r, r' in random directions with |r|^2 = |r'|^2 = size |h|^2.

    Args:
        size: squared length of the updates.
        form: one of NORMALISATIONS.
        seed: of the draws.

    Returns:
        By size | mean SimAOU over pairs - closed form |; that is the limit of many dimensions, and 0 for the raw form.
    """
    rng = stream(seed, "random updates", repr(size))
    start, first, second = rng.standard_normal((3, PAIRS, DIMENSIONS))
    lengths = np.sqrt(size) * np.linalg.norm(start, axis=-1, keepdims=True)
    icl, tuned = (start + lengths * r / np.linalg.norm(r, axis=-1, keepdims=True) for r in (first, second))
    found = sim_aou(icl, start, tuned, normalise=form == "normalised")
    expected = float(sim_aou_of_random_updates(size)) if form == "normalised" else 0.0
    mean = float(found.mean())
    return Study(
        numbers={f"c = {size:g}": np.abs(mean - expected)},
        details={"mean": mean, "standard_error": float(found.std(ddof=1) / np.sqrt(PAIRS)), "closed_form": expected},
        fixed={"form": form, "squared_size": size, "dimensions": DIMENSIONS, "pairs": PAIRS},
    )
