"""Where a module's attention projections are, looked up once a module: activations are read very often."""

from weakref import WeakKeyDictionary

from transformers import PreTrainedModel

from iclgd_core.models.architectures.finding import Layer, find_layers
from iclgd_core.models.architectures.rows import Sizes

_KNOWN: "WeakKeyDictionary[PreTrainedModel, tuple[Sizes, list[Layer]]]" = WeakKeyDictionary()


def layers_of(module: PreTrainedModel) -> tuple[Sizes, list[Layer]]:
    """Return the sizes of heads and the places of the projections of every layer with attention.

    Raises:
        ModelError: they were not found.
    """
    if module not in _KNOWN:
        _KNOWN[module] = find_layers(module)
    return _KNOWN[module]
