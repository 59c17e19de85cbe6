"""Momentum attention (MoAttn) of Dai et al. (arXiv 2212.10559, section 6), for models of the Llama architecture.

Attention read as gradient descent suggests attention with momentum: an exponential sum of the earlier values,

    MoAttn(V, K, q_t) = Attn(V, K, q_t) + sum_{i=1}^{t-1} eta^(t-i) v_i,    0 < eta < 1,

in each head. A model has it if its configuration has the field ETA; its class stays `LlamaForCausalLM`, and only the
attention function of transformers is another (`MOMENTUM`). Plain transformers reads such a model too, ignores the
field, and computes something else: load it with `models.language.loading.load_model`.
"""

from typing import Any

import torch
from transformers import AttentionInterface, PretrainedConfig
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from iclgd_core.errors import ModelError

ETA = "momentum_eta"
"""Name of eta in a configuration."""

MOMENTUM = "momentum"
"""Name of the implementation of attention, for `attn_implementation`."""


def momentum_of(config: PretrainedConfig) -> float | None:
    """Return eta of a configuration; None where it has no momentum.

    Raises:
        ModelError: an eta that is no number in (0, 1), or an architecture other than Llama.
    """
    eta = getattr(config, ETA, None)
    if eta is None:
        return None
    if isinstance(eta, bool) or not isinstance(eta, int | float) or not 0 < eta < 1:
        raise ModelError(f"the configuration's {ETA} must be a number in (0, 1), but is {eta!r}; correct or remove it.")
    if config.model_type != "llama":
        raise ModelError(
            f"the configuration's {ETA} is known for model_type 'llama' alone, and this one is {config.model_type!r}; "
            "remove it."
        )
    return float(eta)


def momentum_weights(queries: int, keys: int, eta: float, like: torch.Tensor) -> torch.Tensor:
    """Return the weight of each value in the sum of each query: eta^(t-i) for i < t, else 0; (queries, keys).

    Args:
        queries: number of queries, which stand at the last positions.
        keys: number of positions so far, those in a key-value cache included.
        eta: decay, in (0, 1).
        like: gives dtype and device.
    """
    at = torch.arange(keys, device=like.device)
    distance = at[keys - queries :, None] - at
    powers = torch.pow(eta, distance.clamp(min=0).to(like.dtype))
    return torch.where(distance > 0, powers, torch.zeros_like(powers))


def momentum_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **_: object,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute softmax attention plus momentum, in plain operations that torch.func can vectorise.

    Args:
        module: the attention layer; its configuration holds eta, its `num_key_value_groups` the query heads a
            key-value head serves.
        query: (batch, heads, queries, side), at the last of the positions of `key`.
        key: (batch, key-value heads, positions, side); a cache that grows with the prompt, not a preallocated one.
        value: as `key`.
        attention_mask: added to the scores, (batch, 1, queries, positions), very negative where a position is hidden;
            hidden positions have no momentum either. None: the caller's queries see every position up to themselves.
        scaling: factor of the scores.
        dropout: on the softmax weights, in training.

    Returns:
        Outputs (batch, queries, heads, side), and the softmax weights (batch, heads, queries, positions) without the
        momentum.
    """
    groups: int = module.num_key_value_groups
    key, value = (one.repeat_interleave(groups, dim=1) if groups > 1 else one for one in (key, value))
    queries, keys = query.shape[2], key.shape[2]
    scores = query @ key.transpose(2, 3) * scaling
    momentum = momentum_weights(queries, keys, momentum_of(module.config) or 0.0, scores)
    if attention_mask is None:
        at = torch.arange(keys, device=scores.device)
        hidden = at > at[keys - queries :, None]
        scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
    else:
        scores = scores + attention_mask
        momentum = momentum * (attention_mask == 0)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32 if scores.dtype != torch.float64 else torch.float64)
    weights = torch.nn.functional.dropout(weights.to(query.dtype), p=dropout, training=module.training)
    return ((weights + momentum) @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register(MOMENTUM, momentum_attention)
AttentionMaskInterface.register(MOMENTUM, eager_mask)
