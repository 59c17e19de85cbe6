"""Which implementations of attention compute it in plain operations, on scores of their own."""

from iclgd_core.models.language.momentum_attention import MOMENTUM

PLAIN = ("eager", MOMENTUM)
"""Names of such implementations, as in a configuration's `_attn_implementation`; fused kernels ("sdpa") are others."""


def is_plain(attention: object) -> bool:
    """Return whether an implementation of attention is made of plain operations.

    Then it holds its scores (rows, heads, tokens, tokens), which takes memory and lets them be read, and torch.func can
    vectorise it. A fused kernel does neither.

    Args:
        attention: its name, as in `config._attn_implementation`; None for one that is not known.
    """
    return attention in PLAIN
