"""Plain facts of a model: its context window, its vocabulary, whether it is masked."""

from dataclasses import dataclass

from transformers import PretrainedConfig

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.entry import named_window
from iclgd_core.models.architectures.table import TABLE

LENGTH_DEPENDENT = "longrope"
"""Rotary positions whose angles change, for all tokens, when a prompt outgrows the length of first pretraining."""


@dataclass(frozen=True)
class ContextWindow:
    """Most tokens of one prompt.

    Attributes:
        tokens: how many.
        source: where the configuration says so.
    """

    tokens: int
    source: str


def context_window(config: PretrainedConfig) -> ContextWindow:
    """Return the context window of a configuration, or of its text part.

    Where rotary angles depend on a prompt's length (LENGTH_DEPENDENT), it ends where they begin to: beyond, the keys of
    a prefix are not those of the same tokens in a longer prompt, and a prompt's answer depends on its padding.

    Raises:
        ModelError: a length that is no positive integer.
    """
    own = config.get_text_config(decoder=True)
    entry = TABLE.get(own.model_type)
    tokens, source = (named_window if entry is None else entry.window)(own)
    for rotary in _rotary(own):
        original = rotary.get("original_max_position_embeddings")
        if rotary.get("rope_type") == LENGTH_DEPENDENT and isinstance(original, int) and 0 < original < tokens:
            tokens, source = original, f"original_max_position_embeddings ({LENGTH_DEPENDENT})"
    return ContextWindow(tokens, source)


def vocabulary(config: PretrainedConfig) -> int:
    """Return the number of tokens that a configuration, or its text part, has embeddings for.

    Raises:
        ModelError: it names no such number.
    """
    size = getattr(config.get_text_config(decoder=True), "vocab_size", None)
    if not isinstance(size, int):
        raise ModelError(
            f"the configuration of a {config.model_type!r} model names no vocab_size; a language model of transformers "
            "has it. Correct config.json."
        )
    return size


def _rotary(config: PretrainedConfig) -> list[dict[str, object]]:
    """Return the rotary parameters of a configuration: one set, or one for each type of layer."""
    found: dict[str, object] = getattr(config, "rope_parameters", None) or {}
    nested = [one for one in found.values() if isinstance(one, dict)]
    return nested or [found]


def is_masked(config: PretrainedConfig) -> bool:
    """Return whether the table says that models of this configuration are masked language models."""
    entry = TABLE.get(config.get_text_config(decoder=True).model_type)
    return entry is not None and entry.masked
