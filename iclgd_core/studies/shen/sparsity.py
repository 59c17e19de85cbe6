"""Sparsity of the attention projections against what the construction of a GD step needs.

Sources: arXiv 2310.08540, section 3.2 and figure 2 (the measurement); arXiv 2212.07677, proposition 1 (the
construction) and its remark that only the products W_K^T W_Q and P W_V are identified.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve, Point, sparsity_of
from iclgd_core.evidence.study import Study
from iclgd_core.metrics import relative_sparsity, required_sparsity, sparsity_ratio
from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.projections import LayerProjections, iter_layer_projections

Floats = NDArray[np.float64]

THRESHOLDS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
MATRICES = ("W_K", "W_Q", "W_V", "W_K^T W_Q", "P W_V")
SCALES = {"absolute": sparsity_ratio, "relative": relative_sparsity}
"""How a threshold is meant: as it is (the paper), or times the matrix's root mean square."""
REQUIRED = "required"

_PICK: dict[str, Callable[[LayerProjections], Iterable[Floats]]] = {
    "W_K": lambda layer: [layer.key],
    "W_Q": lambda layer: [layer.query],
    "W_V": lambda layer: [layer.value],
    "W_K^T W_Q": LayerProjections.iter_key_query_products,
    "P W_V": LayerProjections.iter_output_value_products,
}
_REQUIRED = {"W_K": "W_K", "W_Q": "W_Q", "W_V": "W_V", "W_K^T W_Q": "W_K", "P W_V": "W_V"}
"""The products are, in the construction, diag(I, 0) and a multiple of W_V: as sparse as W_K and W_V."""


def sparsity_study(model: CausalModel, matrix: str, scale: str) -> Study:
    """Measure the share of |w| below every threshold in one of MATRICES, by one of SCALES.

    Numbers: by threshold, the share in each layer (mean over its heads for products), in [0, 1], (layers,); and
    REQUIRED, the share of zeros in the construction at the model's own side, (1,); for W_V and P W_V with a dense W0,
    the most lenient case.
    """
    share, side = SCALES[scale], 0
    rows: list[Floats] = []
    for layer in iter_layer_projections(model.module):
        side = layer.query.shape[1]
        shares = [[share(w, delta) for delta in THRESHOLDS] for w in _PICK[matrix](layer)]
        rows.append(np.mean(shares, axis=0))
    by_layer = {f"{delta:g}": np.array([row[i] for row in rows]) for i, delta in enumerate(THRESHOLDS)}
    required = required_sparsity(side)[_REQUIRED[matrix]]
    return Study(
        by_layer | {REQUIRED: np.array([required])},
        {
            "ratio": dict(ratio(by_layer)),
            "by_layer": {delta: values.tolist() for delta, values in by_layer.items()},
            "required": required,
            "side": side,
        },
        {"matrix": matrix, "scale": scale, "thresholds": list(by_layer)},
        curves=_curves(by_layer, required, matrix, scale),
    )


def ratio(numbers: Mapping[str, Floats]) -> dict[str, float]:
    """Return the measured share by threshold, mean over layers, from the numbers of a study."""
    return {delta: float(values.mean()) for delta, values in numbers.items() if delta != REQUIRED}


def _curves(by_layer: Mapping[str, Floats], required: float, matrix: str, scale: str) -> tuple[Curve, ...]:
    """Return the measured share by threshold, its range over layers, and the share that is required."""
    quantity, facet = sparsity_of(matrix), f"{scale} threshold"
    axis = "threshold" if scale == "absolute" else "threshold, in root mean squares of the matrix"
    measured = tuple(
        Point(float(delta), share, float(by_layer[delta].min()), float(by_layer[delta].max()))
        for delta, share in sorted(ratio(by_layer).items(), key=lambda item: float(item[0]))
    )
    return (
        Curve(quantity, "weights", "measured, range over layers", axis, measured, facet, x_log=True),
        Curve(quantity, "construction", "construction of a GD step", axis, (Point(None, required),), facet, x_log=True),
    )
