"""How a regression model is known before it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass

from iclgd_core.models.regression.model import RegressionModel


@dataclass(frozen=True)
class ModelEntry:
    """One name of the registry.

    Attributes:
        load: makes the model from the run's seed, which an untrained one draws its weights from.
        tasks: names of the tasks that its claims run on where none is named; the first is its own.
        keep: whether predictions and studies are kept on disk, for a model that takes more than seconds.
    """

    load: Callable[[int], RegressionModel]
    tasks: tuple[str, ...]
    keep: bool = False
