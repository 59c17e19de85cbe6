"""Names of regression models among those of language models."""

from iclgd_core.errors import UnknownNameError
from iclgd_core.models.embedded import embedded_names
from iclgd_core.models.regression.registry import REGRESSION_MODELS

PREFIXES = ("constructed-", "icl-objective-")
"""How the names of regression models alone begin; `untrained-` and `shuffled-` begin those of language models too."""


def is_regression_model(name: str) -> bool:
    """Return whether a model's name is one of regression.

    Raises:
        UnknownNameError: a name that can only be that of a regression model, and is none.
    """
    if name.startswith(PREFIXES) and name not in REGRESSION_MODELS:
        raise UnknownNameError("model", name, [*embedded_names(), *REGRESSION_MODELS])
    return name in REGRESSION_MODELS
