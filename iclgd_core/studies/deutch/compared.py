"""One similarity to ICL of two learners, or of two models, on the same episodes."""

from collections.abc import Mapping, Sequence

import numpy as np

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.study import Study
from iclgd_core.studies.dai.layers import LayerFigure

EPISODES = 64
"""Evaluation episodes of these comparisons, at every tier: one trains and reads activations anew for each."""

METRICS = ("sim-aou/raw", "sim-aou/normalised", "sim-am/after", "sim-am/delta")
"""As `dai.similarity.similarity_study` names them: SimAOU of h and of h / |h|, SimAM after fine-tuning, and that of
the changes of attention maps (arXiv 2311.07772, section 3)."""


def compared_figure(metric: str, learner: str, label: str) -> LayerFigure:
    """Return the figure by layer of one side's similarity."""
    return LayerFigure(f"similarity to ICL, {metric} (-1 to 1)", {metric: (learner, label)})


def compared_study(metric: str, sides: Mapping[str, Sequence[Study]], paper: str = "", **others: Json) -> Study:
    """Compare the similarity to ICL of a candidate and of a reference, mean over layers, one number an episode.

    Args:
        metric: one of METRICS.
        sides: by label, the candidate first: everything that was read of a learner or model; several studies of a side
            are averaged, and the first is drawn.
        paper: the paper's own numbers for this comparison.
        others: further numbers, for the report.
    """
    candidate, reference = sides.values()
    details: dict[str, Json] = {label: [dict(one.details) for one in side] for label, side in sides.items()}
    return Study(
        numbers={label: np.mean([one[metric] for one in side], axis=0) for label, side in sides.items()},
        details={**details, **others, **({"paper_value": paper} if paper else {})},
        fixed={
            "metric": metric,
            "studies_averaged": [len(candidate), len(reference)],
            "candidate": dict(candidate[0].fixed),
            "reference": dict(reference[0].fixed),
        },
        tuning={label: dict(side[0].tuning) for label, side in sides.items()},
        curves=tuple(curve for side in sides.values() for curve in side[0].curves),
    )
