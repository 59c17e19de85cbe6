"""Plain and layer-causal gradients side by side: direction and length (arXiv 2311.07772, appendices B and C)."""

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.store.key import Key
from iclgd_core.learners.gd.layer_gradients import LayerGradients, layer_gradients
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

OBJECTIVES = ("lm", "layer-causal", "layer-causal-code")
LAYER_CAUSAL = OBJECTIVES[1:]
EPISODES = 24


def gradient_study(lab: Lab, form: str) -> Study:
    """Compare the gradients of each demonstration, at the model's own weights.

    Args:
        lab: the laboratory.
        form: one of LAYER_CAUSAL.

    Returns:
        Of layer-causal and plain GD on the same tokens: "cosine" of the two updates of one pass to first order in the
        learning rate, all W_K and W_V together; "log10 of the norm ratio", layer-causal gradient over plain one, mean
        over demonstrations.

    Raises:
        NotRunError: a masked model, or one over several devices.
    """
    n = lab.count(n=EPISODES)
    drawn = lab.episodes("evaluation", n)
    orders = np.tile(np.arange(SHOTS), (n, 1, 1))
    settings: Key = {"shots": SHOTS, "objectives": list(OBJECTIVES)}
    work = lab.training(drawn, orders, "sgd1", "kv", LAYER_CAUSAL[0])

    def compute() -> dict[str, NDArray[np.generic]]:
        found = layer_gradients(lab.model, drawn, SHOTS, OBJECTIVES)
        return {"norms": found.norms, "inner": found.inner}

    stored = lab.stored("layer_gradients", drawn, settings, work, compute)
    found = LayerGradients(stored["norms"].astype(np.float64), stored["inner"].astype(np.float64))
    plain, causal = 0, OBJECTIVES.index(form)
    whole = found.total_norms()
    cosine, by_layer = found.cosines(plain, causal), found.layer_cosines(plain, causal)
    log_ratio = np.log10(whole[causal] / whole[plain]).mean(-1)
    log_ratio_by_layer = np.log10(found.norms[causal] / found.norms[plain]).mean(1)

    def curve(quantity: str, values: Floats) -> Curve:
        points = tuple(sampled(layer + 1, column) for layer, column in enumerate(values.T))
        return Curve(quantity, form, f"{form} GD", "layer", points)

    return Study(
        numbers={"cosine": cosine, "log10 of the norm ratio": log_ratio},
        details={
            "cosine": float(cosine.mean()),
            "cosine_by_layer": by_layer.mean(0).tolist(),
            "norm_ratio": float(10 ** log_ratio.mean()),
            "norm_ratio_by_layer": (10 ** log_ratio_by_layer.mean(0)).tolist(),
        },
        fixed={"form": form, "demonstrations": SHOTS, "weights": "W_K and W_V of all layers"},
        curves=(
            curve("cosine of plain and layer-causal update (-1 to 1)", by_layer),
            curve("log10 of layer-causal over plain gradient norm", log_ratio_by_layer),
        ),
    )
