"""A toy model of every architecture: three layers, at least four heads, random weights wide enough that prompts matter.

Windows of sliding or local attention are shorter than the prompts of the tests, so that they are felt; heads share
keys and values where the family does; biases and norms are drawn too, so that none is zero or one everywhere.
"""

from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    AutoModelForMaskedLM,
    BertConfig,
    BloomConfig,
    DistilBertConfig,
    FalconConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTJConfig,
    GPTNeoConfig,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    Phi3Config,
    PhiConfig,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
    RobertaConfig,
)

from iclgd_core.models.language.loading import ATTENTION, fresh

VOCABULARY = 60
CONTEXT = 64
LAYERS = 3
WINDOW = 6
"""Tokens that a layer of sliding or local attention sees."""

SPREAD = 0.2
"""Standard deviation of the weights (ten times the usual), and of what is added to biases and norms."""

MASKED = ("bert", "roberta", "distilbert")

_IDS: dict[str, Any] = {"vocab_size": VOCABULARY, "bos_token_id": 0, "pad_token_id": None, "eos_token_id": 2}
_PADDED = {"pad_token_id": 1}
"""Families whose published configurations name a padding token, or that cannot do without."""

_SIZE: dict[str, Any] = {
    **_IDS, "max_position_embeddings": CONTEXT, "hidden_size": 16, "num_hidden_layers": LAYERS,
    "num_attention_heads": 4, "initializer_range": SPREAD,
}  # fmt: skip
_MLP: dict[str, Any] = {**_SIZE, "intermediate_size": 24}
_GROUPED: dict[str, Any] = {**_MLP, "num_key_value_heads": 2}
_ALTERNATING = ["sliding_attention", "full_attention", "sliding_attention"]
_ROTARY = {"rope_type": "default", "rope_theta": 10_000.0, "partial_rotary_factor": 0.5}
_GPT: dict[str, Any] = {
    **_IDS, "n_positions": CONTEXT, "n_embd": 16, "n_layer": LAYERS, "n_head": 4, "initializer_range": SPREAD,
}  # fmt: skip
_OPT: dict[str, Any] = {**_SIZE, "ffn_dim": 24, "init_std": SPREAD}
_OPT.pop("initializer_range")
_GEMMA: dict[str, Any] = {**_GROUPED, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": WINDOW}
_BLOOM: dict[str, Any] = {**_SIZE, "seq_length": CONTEXT}
_BLOOM.pop("max_position_embeddings")

_CONFIGS: dict[str, Callable[[], PretrainedConfig]] = {
    "llama": lambda: LlamaConfig(**_GROUPED),
    "mistral": lambda: MistralConfig(**_GROUPED, sliding_window=WINDOW),
    "qwen2": lambda: Qwen2Config(**_GROUPED),
    "qwen3": lambda: Qwen3Config(**_GROUPED, head_dim=8, tie_word_embeddings=True),
    "gpt2": lambda: GPT2Config(**_GPT),
    "gptj": lambda: GPTJConfig(**_GPT, rotary_dim=2),
    "gpt_neox": lambda: GPTNeoXConfig(**_MLP, rope_parameters=_ROTARY),
    "gpt_neo": lambda: GPTNeoConfig(
        **_MLP, window_size=WINDOW, attention_types=[[["global", "local", "global"], 1]],
    ),
    "opt": lambda: OPTConfig(**_OPT | _PADDED),
    "opt-post-norm": lambda: OPTConfig(**_OPT | _PADDED, do_layer_norm_before=False, word_embed_proj_dim=8),
    "bloom": lambda: BloomConfig(**_BLOOM),
    "falcon": lambda: FalconConfig(**_SIZE),
    "falcon-grouped": lambda: FalconConfig(**_SIZE, new_decoder_architecture=True, num_kv_heads=2),
    "falcon-alibi": lambda: FalconConfig(**_SIZE, multi_query=False, alibi=True, bias=True, parallel_attn=False),
    "gemma": lambda: GemmaConfig(**_GROUPED, head_dim=8),
    "gemma2": lambda: Gemma2Config(**_GEMMA, layer_types=_ALTERNATING, final_logit_softcapping=3.0),
    "gemma3_text": lambda: Gemma3TextConfig(**_GEMMA, layer_types=_ALTERNATING),
    "phi": lambda: PhiConfig(**_MLP, rope_parameters=_ROTARY),
    "phi3": lambda: Phi3Config(**_GROUPED, sliding_window=WINDOW),
    "bert": lambda: BertConfig(**_MLP | _PADDED),
    "roberta": lambda: RobertaConfig(**_MLP | _PADDED),
    "distilbert": lambda: DistilBertConfig(
        **_IDS | _PADDED, max_position_embeddings=CONTEXT, dim=16, n_layers=LAYERS, n_heads=4, hidden_dim=24,
        initializer_range=SPREAD,
    ),
}  # fmt: skip

TOYS: tuple[str, ...] = tuple(_CONFIGS)
"""Names of the toys: the model_type of the configuration, with a suffix where one family has several layouts."""


def toy_config(name: str) -> PretrainedConfig:
    """Return the configuration of a toy."""
    return _CONFIGS[name]()


def toy_model(name: str, seed: int = 0, attention: str = ATTENTION) -> PreTrainedModel:
    """Return a toy in float32, in evaluation mode, without gradients, its weights drawn from `seed`.

    Args:
        name: one of TOYS.
        seed: of the weights; the global random state is left as it was.
        attention: implementation of attention.
    """
    config = toy_config(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name in MASKED:
            module: PreTrainedModel = AutoModelForMaskedLM.from_config(  # type: ignore[no-untyped-call]
                config, attn_implementation=attention
            )
        else:
            module = fresh(config, attention)
        with torch.no_grad():
            for weight in module.parameters():
                if weight.ndim == 1:
                    weight.add_(SPREAD * torch.randn_like(weight))
    module.train(False).requires_grad_(False)
    return module
