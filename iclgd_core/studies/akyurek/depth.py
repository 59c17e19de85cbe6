"""Which algorithm a Transformer's depth predicts (arXiv 2211.15661, section 4.3)."""

from iclgd_core.evidence.study import Study
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.studies.akyurek.algorithms import ALGORITHMS, nearest_to_icl

SHALLOW, DEEP = "gd-one-step", "ridge"


def by_depth(lab: RegressionLab) -> Study:
    """Measure all algorithms on a model whose `known()` says how many layers it has.

    Numbers: squared prediction difference from ICL / E y^2 of the algorithm that the depth "predicted", one GD step for
    one layer, else ridge, and of the "other" of the two.
    """
    layers = lab.model.known()["layers"]
    found = {name: nearest_to_icl(lab, name, lab.task.shots) for name in ALGORITHMS}
    predicted, other = (SHALLOW, DEEP) if layers == 1 else (DEEP, SHALLOW)
    return Study(
        {"predicted": found[predicted].distance, "other": found[other].distance},
        {
            "layers": layers,
            "predicted": predicted,
            "other": other,
            "distance": {name: float(nearest.distance.mean()) for name, nearest in found.items()},
            "setting": {name: nearest.setting for name, nearest in found.items()},
        },
        {"demonstrations": lab.task.shots, "by_depth": "1 layer: one GD step; more: ridge"},
        {name: dict(found[name].choice) for name in (predicted, other)},
    )
