"""Regression models and tasks by name.

A module brings its models in with a table `MODELS: dict[str, ModelEntry]`, which is merged here, and its tasks with
`TASKS: dict[str, RegressionTask]`. Names begin with `constructed-`, `icl-objective-`, `untrained-` or
`shuffled-`. Weights of a trained model lie in `fixtures/models/NAME/` as safetensors with a `recipe.json` and a README
card, and never with a `config.json`, which would make the folder a language model.
"""

from iclgd_core.errors import UnknownNameError
from iclgd_core.regression import gaussian_task, linear_attention_models, transformer_models
from iclgd_core.regression.entry import ModelEntry
from iclgd_core.regression.model import RegressionModel
from iclgd_core.regression.task import RegressionTask
from iclgd_core.regression.uniform_task import LINEAR, LINEAR_HALF

REGRESSION_MODELS: dict[str, ModelEntry] = {**linear_attention_models.MODELS, **transformer_models.MODELS}
REGRESSION_TASKS: dict[str, RegressionTask] = {
    **{task.name: task for task in (LINEAR, LINEAR_HALF)},
    **gaussian_task.TASKS,
}


def get_regression_task(name: str) -> RegressionTask:
    """Return the task called `name`; UnknownNameError if there is none."""
    if name not in REGRESSION_TASKS:
        raise UnknownNameError("regression task", name, REGRESSION_TASKS)
    return REGRESSION_TASKS[name]


def load_regression_model(name: str, seed: int = 0) -> RegressionModel:
    """Return the regression model called `name`.

    Args:
        name: one of REGRESSION_MODELS.
        seed: of the run; decides the weights of an untrained model.

    Raises:
        UnknownNameError: no such name.
        ModelError: weights that are not there, or are of another shape than the recipe says.
    """
    if name not in REGRESSION_MODELS:
        raise UnknownNameError("regression model", name, REGRESSION_MODELS)
    return REGRESSION_MODELS[name].load(seed)
