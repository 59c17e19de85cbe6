"""One similarity to ICL of two learners, or of two models, on the same episodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.studies.dai.layers import LayerStudy

Floats = NDArray[np.float64]

EPISODES = 64
"""Evaluation episodes of these comparisons, at every tier: one trains and reads activations anew for each."""

METRICS = ("sim-aou/raw", "sim-aou/normalised", "sim-am/after", "sim-am/delta")
"""As `dai_similarity.similarity_study` names them: SimAOU of h and of h / |h|, SimAM after fine-tuning, and that of
the changes of attention maps (arXiv 2311.07772, section 3)."""


@dataclass(frozen=True, eq=False)
class ComparedStudy:
    """Similarity to ICL of a candidate and of a reference, mean over layers, one number an episode.

    Attributes:
        metric: one of METRICS.
        candidate, reference: a learner or model each, with everything that was read; several studies are averaged.
        names: of the two, for figure and report: learner (which decides the colour) and label.
        paper: the paper's own numbers for this comparison.
        others: further numbers, for the report.
    """

    metric: str
    candidate: tuple[LayerStudy, ...]
    reference: tuple[LayerStudy, ...]
    names: tuple[tuple[str, str], tuple[str, str]]
    paper: str = ""
    others: Mapping[str, Json] = field(default_factory=dict)

    @property
    def first(self) -> Floats:
        """The candidate's similarity, (episodes,)."""
        return _mean(self.candidate, self.metric)

    @property
    def second(self) -> Floats:
        """The reference's similarity, (episodes,)."""
        return _mean(self.reference, self.metric)

    def curves(self) -> tuple[Curve, ...]:
        """Return both by layer; of several studies, the first."""
        quantity = f"similarity to ICL, {self.metric} (-1 to 1)"
        sides = zip((self.candidate, self.reference), self.names, strict=True)
        return tuple(c for side, name in sides for c in side[0].shown(quantity, {self.metric: name}).curves())

    def tuning(self) -> dict[str, Json]:
        """Return how each side's learning rate was chosen."""
        sides = zip(self.names, (self.candidate, self.reference), strict=True)
        return {label: side[0].tuning() for (_, label), side in sides}

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {
            "metric": self.metric,
            "studies_averaged": [len(self.candidate), len(self.reference)],
            "candidate": self.candidate[0].fixed(),
            "reference": self.reference[0].fixed(),
        }

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study, of both sides: all metrics, random updates and layers."""
        sides = zip((self.candidate, self.reference), self.names, strict=True)
        found: dict[str, Json] = {label: [one.details() for one in side] for side, (_, label) in sides}
        return {**found, **self.others, **({"paper_value": self.paper} if self.paper else {})}


def _mean(side: tuple[LayerStudy, ...], metric: str) -> Floats:
    return np.asarray(np.mean([one.mean(metric) for one in side], axis=0))
