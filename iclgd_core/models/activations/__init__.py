"""What happens inside attention: block outputs, scores before the softmax, queries, keys and values."""

from iclgd_core.models.activations.projected import project
from iclgd_core.models.activations.recorded import Recorded, attention_inputs, record
from iclgd_core.models.activations.watch import Weights

__all__ = ["Recorded", "Weights", "attention_inputs", "project", "record"]
