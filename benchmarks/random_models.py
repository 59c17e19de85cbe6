"""Models of a given size with random weights, made on the device where they are used, and prompts of random tokens.

Speed and memory do not depend on what the weights are, so nothing has to be downloaded to measure them.
"""

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import (
    AutoModelForCausalLM,
    GPTNeoXConfig,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from iclgd_core.models.language.adapter import CausalModel
from iclgd_core.models.language.loading import DTYPES
from iclgd_core.tasks.prompts import Prompt

LLAMAS: dict[str, tuple[int, int, int, int, int]] = {
    "toy": (64, 4, 4, 172, 1000),
    "60m": (512, 8, 8, 1376, 32000),
    "100m": (768, 10, 12, 2048, 32000),
    "1b": (2048, 22, 32, 5632, 32000),
    "7b": (4096, 32, 32, 11008, 32000),
}
"""Hidden width, layers, heads, MLP width, vocabulary; 7b is that of LLaMA-7B (arXiv 2302.13971)."""

CONTEXT = 2048


def llama(size: str) -> PretrainedConfig:
    """Return the configuration of a Llama of LLAMAS."""
    hidden, layers, heads, mlp, vocabulary = LLAMAS[size]
    return LlamaConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=heads,
        intermediate_size=mlp, vocab_size=vocabulary, max_position_embeddings=CONTEXT,
    )  # fmt: skip


def gpt_neox(size: str) -> PretrainedConfig:
    """Return the configuration of a GPT-NeoX of the width and depth of a Llama of LLAMAS."""
    hidden, layers, heads, _, vocabulary = LLAMAS[size]
    return GPTNeoXConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * hidden,
        vocab_size=vocabulary, max_position_embeddings=CONTEXT,
    )  # fmt: skip


def random_model(
    name: str, config: PretrainedConfig, device: torch.device, dtype: str, attention: str, seed: int = 0
) -> CausalModel:
    """Return a model with random weights, drawn on the device and in the number format in which it is used."""
    torch.manual_seed(seed)
    with device:
        module: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=DTYPES[dtype], attn_implementation=attention, trust_remote_code=False
        )
    module.train(False).requires_grad_(False)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer(WordLevel({"a": 0}, "a"))
    )
    return CausalModel(name, module, tokenizer)


def random_ids(rng: np.random.Generator, shortest: int, longest: int, vocabulary: int) -> Prompt:
    """Return a prompt of random tokens, read at its end; its length is uniform from shortest to longest."""
    length = int(rng.integers(shortest, longest + 1))
    return Prompt(rng.integers(0, vocabulary, length), length - 1)


def behind(head: Prompt, tail: Prompt) -> Prompt:
    """Return a prompt behind another."""
    return Prompt(np.concatenate([head.ids, tail.ids]), len(head.ids) + tail.readout)
