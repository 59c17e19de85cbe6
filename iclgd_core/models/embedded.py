"""The embedded default models by name; they are kept with the other sources of models."""

from iclgd_core.hub.embedded import (
    MODELS_DIR,
    SHUFFLED,
    TRAINED,
    UNTRAINED,
    checkpoints,
    embedded_names,
    embedded_path,
)

__all__ = ["MODELS_DIR", "SHUFFLED", "TRAINED", "UNTRAINED", "checkpoints", "embedded_names", "embedded_path"]
