"""What a claim's test is given, with its laboratories replaced by ones that remember."""

from dataclasses import fields
from typing import Any

from iclgd_core.lab import Lab, Series
from iclgd_core.lab.recorded.recording import Answered, RecordingLab
from iclgd_core.lab.recorded.regression import Predicted, RecordingRegressionLab
from iclgd_core.lab.regression import RegressionLab

Seen = list[Answered | Predicted]
"""What learners answered, in the order in which they did."""


def recording(value: object, seen: Seen) -> object:
    """Return an argument of a claim's test with each laboratory in it replaced by one that records.

    Args:
        value: a laboratory, several, a series, or anything else, which is returned as it is.
        seen: where the answers are appended.
    """
    if isinstance(value, Lab):
        return RecordingLab(**_known(value, Lab), seen=seen)
    if isinstance(value, RegressionLab):
        return RecordingRegressionLab(**_known(value, RegressionLab), seen=seen)
    if isinstance(value, tuple) and all(isinstance(one, Lab | RegressionLab) for one in value):
        return tuple(recording(one, seen) for one in value)
    if isinstance(value, Series):
        labs = [made for one in value.labs if isinstance(made := recording(one, seen), Lab)]
        return Series(tuple(labs), value.steps)
    return value


def _known(lab: Lab | RegressionLab, kind: type) -> dict[str, Any]:
    return {one.name: getattr(lab, one.name) for one in fields(kind)}
