"""Sparsity of the attention projections against what the construction of a GD step needs.

Sources: arXiv 2310.08540, section 3.2 and figure 2 (the measurement); arXiv 2212.07677, proposition 1 (the
construction) and its remark that only the products W_K^T W_Q and P W_V are identified.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve, Point, sparsity_of
from iclgd_core.evidence.plain import Json
from iclgd_core.metrics import relative_sparsity, required_sparsity, sparsity_ratio
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import LayerProjections, iter_layer_projections

Floats = NDArray[np.float64]

THRESHOLDS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
MATRICES = ("W_K", "W_Q", "W_V", "W_K^T W_Q", "P W_V")
SCALES = {"absolute": sparsity_ratio, "relative": relative_sparsity}
"""How a threshold is meant: as it is (the paper), or times the matrix's root mean square."""

_PICK: dict[str, Callable[[LayerProjections], Iterable[Floats]]] = {
    "W_K": lambda layer: [layer.key],
    "W_Q": lambda layer: [layer.query],
    "W_V": lambda layer: [layer.value],
    "W_K^T W_Q": LayerProjections.iter_key_query_products,
    "P W_V": LayerProjections.iter_output_value_products,
}
_REQUIRED = {"W_K": "W_K", "W_Q": "W_Q", "W_V": "W_V", "W_K^T W_Q": "W_K", "P W_V": "W_V"}
"""The products are, in the construction, diag(I, 0) and a multiple of W_V: as sparse as W_K and W_V."""


@dataclass(frozen=True, eq=False)
class SparsityStudy:
    """Sparsity ratios of one kind of matrix.

    Attributes:
        ratio: share of |w| below each threshold, mean over layers (and heads, for products), in [0, 1].
        by_layer: the same for each layer, {threshold: (layers,)}.
        required: share of zeros in the construction at the model's own side; for W_V and P W_V with a dense W0,
            the most lenient case.
        side: side of the matrices.
        matrix, scale: what was measured.
    """

    ratio: dict[str, float]
    by_layer: dict[str, Floats]
    required: float
    side: int
    matrix: str
    scale: str

    def curves(self) -> tuple[Curve, ...]:
        """Return the measured share by threshold, its range over layers, and the share that is required."""
        quantity = sparsity_of(self.matrix)
        axis = "threshold" if self.scale == "absolute" else "threshold, in root mean squares of the matrix"
        measured = tuple(
            Point(float(delta), share, float(self.by_layer[delta].min()), float(self.by_layer[delta].max()))
            for delta, share in sorted(self.ratio.items(), key=lambda item: float(item[0]))
        )
        required = (Point(None, self.required),)
        facet = f"{self.scale} threshold"
        return (
            Curve(quantity, "weights", "measured, range over layers", axis, measured, facet, x_log=True),
            Curve(quantity, "construction", "construction of a GD step", axis, required, facet, x_log=True),
        )

    def tuning(self) -> dict[str, Json]:
        """Return nothing: no setting was chosen."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what else was fixed beforehand."""
        return {"matrix": self.matrix, "scale": self.scale, "thresholds": list(self.ratio)}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "ratio": dict(self.ratio),
            "by_layer": {delta: values.tolist() for delta, values in self.by_layer.items()},
            "required": self.required,
            "side": self.side,
        }


def sparsity_study(model: CausalModel, matrix: str, scale: str) -> SparsityStudy:
    """Measure one of MATRICES at every threshold, by one of SCALES."""
    share, side = SCALES[scale], 0
    rows: list[Floats] = []
    for layer in iter_layer_projections(model.module):
        side = layer.query.shape[1]
        shares = [[share(w, delta) for delta in THRESHOLDS] for w in _PICK[matrix](layer)]
        rows.append(np.mean(shares, axis=0))
    by_layer = {f"{delta:g}": np.array([row[i] for row in rows]) for i, delta in enumerate(THRESHOLDS)}
    ratio = {delta: float(values.mean()) for delta, values in by_layer.items()}
    return SparsityStudy(ratio, by_layer, required_sparsity(side)[_REQUIRED[matrix]], side, matrix, scale)
