"""Architectures of transformers: where their attention projections are and how they behave, one entry each."""

from iclgd_core.models.architectures.behaviour import Behaviour, behaviour_of
from iclgd_core.models.architectures.entry import Architecture, Fused, Separate
from iclgd_core.models.architectures.facts import (
    ContextWindow,
    context_window,
    vocabulary,
)
from iclgd_core.models.architectures.finding import Layer, WeightPlace, architecture_of, find_layers, text_config
from iclgd_core.models.architectures.rows import Rows, Sizes
from iclgd_core.models.architectures.table import ENTRIES, TABLE

__all__ = [
    "ENTRIES",
    "TABLE",
    "Architecture",
    "Behaviour",
    "ContextWindow",
    "Fused",
    "Layer",
    "Rows",
    "Separate",
    "Sizes",
    "WeightPlace",
    "architecture_of",
    "behaviour_of",
    "context_window",
    "find_layers",
    "text_config",
    "vocabulary",
]
