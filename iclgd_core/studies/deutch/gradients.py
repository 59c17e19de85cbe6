"""Plain and layer-causal gradients side by side: direction and length (arXiv 2311.07772, appendices B and C)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.plain import Json
from iclgd_core.lab import SHOTS, Lab
from iclgd_core.lab.store.key import Key
from iclgd_core.learners.gd.layer_gradients import LayerGradients, layer_gradients
from iclgd_core.studies.points import sampled

Floats = NDArray[np.float64]

OBJECTIVES = ("lm", "layer-causal", "layer-causal-code")
FORMS = OBJECTIVES[1:]
EPISODES = 24


@dataclass(frozen=True, eq=False)
class GradientStudy:
    """One form of layer-causal GD against plain GD on the same tokens, by episode.

    Attributes:
        cosine: of the two updates of one pass to first order in the learning rate, all W_K and W_V together.
        log_ratio: log10 of the layer-causal gradient norm over the plain one, mean over demonstrations.
        layer_cosine, layer_log_ratio: the same in each layer, (episodes, layers).
        form: one of FORMS.
    """

    cosine: Floats
    log_ratio: Floats
    layer_cosine: Floats
    layer_log_ratio: Floats
    form: str

    def curves(self) -> tuple[Curve, ...]:
        """Return both by layer, counted from 1."""

        def by_layer(quantity: str, values: Floats) -> Curve:
            points = tuple(sampled(layer + 1, column) for layer, column in enumerate(values.T))
            return Curve(quantity, self.form, f"{self.form} GD", "layer", points)

        return (
            by_layer("cosine of plain and layer-causal update (-1 to 1)", self.layer_cosine),
            by_layer("log10 of layer-causal over plain gradient norm", self.layer_log_ratio),
        )

    def tuning(self) -> dict[str, Json]:
        """Return nothing: no setting was chosen."""
        return {}

    def fixed(self) -> dict[str, Json]:
        """Return what was fixed beforehand."""
        return {"form": self.form, "demonstrations": SHOTS, "weights": "W_K and W_V of all layers"}

    def details(self) -> dict[str, Json]:
        """Return the numbers behind the study."""
        return {
            "cosine": float(self.cosine.mean()),
            "cosine_by_layer": self.layer_cosine.mean(0).tolist(),
            "norm_ratio": float(10 ** self.log_ratio.mean()),
            "norm_ratio_by_layer": (10 ** self.layer_log_ratio.mean(0)).tolist(),
        }


def gradient_study(lab: Lab, form: str) -> GradientStudy:
    """Compare the gradients of each demonstration, at the model's own weights.

    Args:
        lab: the laboratory.
        form: one of FORMS.

    Raises:
        NotRunError: a masked model, or one over several devices.
    """
    n = lab.count(n=EPISODES)
    drawn = lab.episodes("evaluation", n)
    orders = np.tile(np.arange(SHOTS), (n, 1, 1))
    settings: Key = {"shots": SHOTS, "objectives": list(OBJECTIVES)}
    work = lab.training(drawn, orders, "sgd1", "kv", FORMS[0])

    def compute() -> dict[str, NDArray[np.generic]]:
        found = layer_gradients(lab.model, drawn, SHOTS, OBJECTIVES)
        return {"norms": found.norms, "inner": found.inner}

    stored = lab.stored("layer_gradients", drawn, settings, work, compute)
    found = LayerGradients(stored["norms"].astype(np.float64), stored["inner"].astype(np.float64))
    plain, causal = 0, OBJECTIVES.index(form)
    whole = found.total_norms()
    return GradientStudy(
        cosine=found.cosines(plain, causal),
        log_ratio=np.log10(whole[causal] / whole[plain]).mean(-1),
        layer_cosine=found.layer_cosines(plain, causal),
        layer_log_ratio=np.log10(found.norms[causal] / found.norms[plain]).mean(1),
        form=form,
    )
