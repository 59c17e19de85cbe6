"""Regression models by name.

A module brings its models in with a table `MODELS: dict[str, ModelEntry]`, which is merged here. Names begin with
`constructed-`, `icl-objective-`, `untrained-` or `shuffled-`. Weights of a trained model lie in
`fixtures/models/NAME/` as safetensors with a `recipe.json` and a README card, and never with a `config.json`, which
would make the folder a language model.
"""

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.regression import linear_attention_models, transformer_models
from iclgd_core.models.regression.entry import ModelEntry
from iclgd_core.models.regression.model import RegressionModel

REGRESSION_MODELS: dict[str, ModelEntry] = {**linear_attention_models.MODELS, **transformer_models.MODELS}


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
