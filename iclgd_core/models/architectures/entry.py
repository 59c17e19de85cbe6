"""What has to be known of an architecture: where its attention projections are, and how it behaves."""

from collections.abc import Callable
from dataclasses import dataclass

from transformers import PretrainedConfig

from iclgd_core.errors import ModelError
from iclgd_core.models.architectures.rows import RowLayout

WINDOWS = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "max_seq_len", "seq_length")
"""Names under which configurations hold the context window, in order of preference."""

UNNAMED_WINDOW = 2048
"""Context window of a configuration that names none (ALiBi and recurrent models set no limit themselves)."""


@dataclass(frozen=True)
class Separate:
    """W_Q, W_K and W_V as matrices of their own; names relative to the attention module of a layer."""

    query: str = "q_proj"
    key: str = "k_proj"
    value: str = "v_proj"
    output: str = "o_proj"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the weights: those of W_Q, W_K, W_V, W_O."""
        return self.query, self.key, self.value, self.output


@dataclass(frozen=True)
class Fused:
    """W_Q, W_K and W_V as rows of one matrix; names relative to the attention module of a layer.

    Attributes:
        weight, output: the fused matrix and W_O.
        rows: which rows are whose.
        input_major: whether weights are stored (inputs, outputs), so that "rows" are columns of the parameter.
    """

    weight: str
    output: str
    rows: RowLayout
    input_major: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the weights: the fused one and that of W_O."""
        return self.weight, self.output


def grouped(config: PretrainedConfig) -> int:
    """Return the number of key and value heads: num_key_value_heads, else one a query head."""
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)


def named_window(config: PretrainedConfig) -> tuple[int, str]:
    """Return the first context length that a configuration names, and its name there; UNNAMED_WINDOW if it names none.

    Raises:
        ModelError: the length is no positive integer.
    """
    for name in WINDOWS:
        length = getattr(config, name, None)
        if length is None:
            continue
        own = str(config.attribute_map.get(name, name))
        if not isinstance(length, int) or isinstance(length, bool) or length < 1:
            raise ModelError(f"the configuration's {own} must be a positive integer, but is {length!r}; correct it.")
        return length, own
    return UNNAMED_WINDOW, "not named"


@dataclass(frozen=True)
class Architecture:
    """One architecture of transformers. The flags state what the tests measured at toy size.

    Attributes:
        model_type: of the (text) configuration.
        title: what reports call it.
        attention: path of a layer's attention module, {} for the layer's index.
        projections: where its projections are.
        positions: how a token's place is told: "rotary", "learned" or "ALiBi" (or both, by configuration).
        groups: number of key and value heads of a configuration.
        window: context window of a configuration and where it stands there.
        masked: whether it is a masked language model: bidirectional, the label read at a mask.
        vectorises: whether torch.func's vmap of the gradient over replicas equals a loop (eager attention; attention
            mask of ones for a causal model, none and so no padding for a masked one).
        reuses_prefix: whether a prompt behind the repeated key-value cache of its prefix is answered as a whole.
        pads_right: whether tokens behind the position that is read leave it as it is, without an attention mask.
        sdpa: whether torch's scaled-dot-product attention answers as eager attention does, in releases that offer it.
        note: what else a reader should know.
        listed: whether it stands in the table; the flags of one that does not are False until measured.
    """

    model_type: str
    title: str
    attention: str
    projections: Separate | Fused
    positions: str = "rotary"
    groups: Callable[[PretrainedConfig], int] = grouped
    window: Callable[[PretrainedConfig], tuple[int, str]] = named_window
    masked: bool = False
    vectorises: bool = True
    reuses_prefix: bool = True
    pads_right: bool = True
    sdpa: bool = True
    note: str = ""
    listed: bool = True
