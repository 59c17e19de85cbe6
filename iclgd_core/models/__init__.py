"""Models: the embedded ones by name, loading from a directory, and the adapter that learners talk to."""

from iclgd_core.models.adapter import CausalModel
from iclgd_core.models.embedded import MODELS_DIR, embedded_names
from iclgd_core.models.loading import load_model

__all__ = ["MODELS_DIR", "CausalModel", "embedded_names", "load_model"]
