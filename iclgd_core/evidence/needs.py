"""What a claim needs of a model and a task, and what gradient descent trains for it, as the claim's file says it."""

from dataclasses import dataclass
from enum import StrEnum

from iclgd_core.errors import SettingsError


class Training(StrEnum):
    """What gradient descent trains, and by which loss: each takes memory of its own."""

    WHOLE = "the whole model, loss on labels"
    ADAM = "the whole model by Adam, loss on labels"
    FLOAT64 = "a copy of the whole model in float64"
    VALUES = "W_V of one layer, loss on labels"
    KEYS_VALUES = "keys and values, loss on whole demonstrations"
    LAYER_CAUSAL = "keys and values, layer-causal loss"


@dataclass(frozen=True)
class Needs:
    """What a claim needs of model and task beyond what its test asks for by its arguments.

    Attributes:
        posterior: a task whose exact posterior is known, that is GINC.
        labels: a task whose answers are a few labels, so none with open answers.
        layers: fewest layers of the model.
        next_tokens: a model that predicts next tokens, so no masked one; a layer-causal loss needs it anyway.
        fresh_twin: a twin of the model with fresh weights, which is made of small models alone.
    """

    posterior: bool = False
    labels: bool = False
    layers: int = 1
    next_tokens: bool = False
    fresh_twin: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be, where it is stated.

        Raises:
            SettingsError: a number of layers that is none, or an answer other than True and False.
        """
        if type(self.layers) is not int or self.layers < 1:
            raise SettingsError(f"a claim needs layers={self.layers!r}. Allowed: a whole number from 1.")
        for name in ("posterior", "labels", "next_tokens", "fresh_twin"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(f"a claim needs {name}={getattr(self, name)!r}. Allowed: True or False.")
