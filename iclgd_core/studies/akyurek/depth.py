"""Which algorithm a Transformer's depth predicts (arXiv 2211.15661, section 4.3)."""

from dataclasses import dataclass

from iclgd_core.evidence.plain import Json
from iclgd_core.lab.regression import RegressionLab
from iclgd_core.studies.akyurek.algorithms import ALGORITHMS, nearest_to_icl
from iclgd_core.studies.record import Record
from iclgd_core.tasks.regression.task import Floats

SHALLOW, DEEP = "gd-one-step", "ridge"


@dataclass(frozen=True, eq=False)
class Depth:
    """Squared prediction difference from ICL / E y^2, (episodes,).

    Attributes:
        predicted: of the algorithm that the depth predicts: one GD step for one layer, else ridge.
        other: of the other of the two.
        record: the numbers, of all algorithms, for reports.
    """

    predicted: Floats
    other: Floats
    record: Record


def by_depth(lab: RegressionLab) -> Depth:
    """Measure all algorithms on a model whose `known()` says how many layers it has."""
    layers = lab.model.known()["layers"]
    found = {name: nearest_to_icl(lab, name, lab.task.shots) for name in ALGORITHMS}
    predicted, other = (SHALLOW, DEEP) if layers == 1 else (DEEP, SHALLOW)
    numbers: dict[str, Json] = {"layers": layers, "predicted": predicted, "other": other}
    numbers["distance"] = {name: float(nearest.distance.mean()) for name, nearest in found.items()}
    numbers["setting"] = {name: nearest.setting for name, nearest in found.items()}
    settings: dict[str, Json] = {"demonstrations": lab.task.shots, "by_depth": "1 layer: one GD step; more: ridge"}
    choices: dict[str, Json] = {name: dict(found[name].choice) for name in (predicted, other)}
    return Depth(found[predicted].distance, found[other].distance, Record(numbers, settings, choices))
