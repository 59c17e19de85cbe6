"""Tiny models in GGUF files, written by the writer of the package `gguf` as llama.cpp's conversion writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, Qwen2Config, Qwen3Config

SPECIAL = ("<|end|>", "<|start|>")
MERGES = ("Ġ t", "h e", "Ġt he", "1 2", "Ġ Ġ")
TOKENS = (*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(one.split()) for one in MERGES))
SIZES: dict[str, Any] = {
    "vocab_size": 272, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "head_dim": 16, "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0},
}  # fmt: skip
CONFIGS: dict[str, Any] = {"llama": LlamaConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}
PARTS = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
Numbers = NDArray[np.float32]


def module_of(architecture: str = "llama", tied: bool = True) -> PreTrainedModel:
    """A model with random weights, biases and norms too, drawn wide enough for prompts to matter."""
    config = CONFIGS[architecture](**SIZES, tie_word_embeddings=tied, bos_token_id=1, eos_token_id=0)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = AutoModelForCausalLM.from_config(config, attn_implementation="eager")  # type: ignore[no-untyped-call]
        for name, weight in module.named_parameters():
            torch.nn.init.normal_(weight, mean=float("norm" in name), std=0.2)
    return module.eval().requires_grad_(False)  # type: ignore[no-any-return]


def stored(module: PreTrainedModel) -> dict[str, Numbers]:
    """The weights of a model under the names that the format gives them, W_Q and W_K of Llama turned into pairs."""
    config, found = module.config, dict[str, Numbers]()
    outside = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for name, weight in module.named_parameters():
        path, _, last = name.rpartition(".")
        numbers = weight.numpy()
        if path in outside:
            found[f"{outside[path]}.{last}"] = numbers
            continue
        _, _, layer, part = path.split(".", 3)
        if config.model_type == "llama" and PARTS[part] in ("attn_q", "attn_k"):
            heads = config.num_attention_heads if PARTS[part] == "attn_q" else config.num_key_value_heads
            halves = numbers.reshape(heads, 2, len(numbers) // heads // 2, *numbers.shape[1:])
            numbers = halves.swapaxes(1, 2).reshape(numbers.shape)
        found[f"blk.{layer}.{PARTS[part]}.{last}"] = np.ascontiguousarray(numbers)
    return found


def write_gguf(
    path: Path,
    module: PreTrainedModel,
    quantisation: str = "F32",
    *,
    metadata: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Numbers] | None = None,
    tokens: Sequence[str] = TOKENS,
) -> Path:
    """Write a model; its matrices in a type of the format, and vectors in float32.

    Args:
        path: to write to.
        module: the model.
        quantisation: name of the type.
        metadata: to change: None leaves a key out, another value replaces or adds it.
        tensors: in place of those of the model.
        tokens: the vocabulary.
    """
    config, architecture = module.config, module.config.model_type
    said: dict[str, Any] = {
        "general.name": "tiny", "general.license": "mit",
        "context_length": 128, "embedding_length": 64, "block_count": 2, "feed_forward_length": 96,
        "attention.head_count": 4, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 5000.0, "rope.dimension_count": 16, "vocab_size": config.vocab_size,
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", "tokenizer.ggml.tokens": list(tokens),
        "tokenizer.ggml.token_type": [3 if one in SPECIAL else 1 for one in tokens],
        "tokenizer.ggml.merges": list(MERGES), "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 0,
        "tokenizer.ggml.add_bos_token": False,
    }  # fmt: skip
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in (said | dict(metadata or {})).items():
        if value is not None:
            _add(writer, key if key.startswith(("general.", "tokenizer.")) else f"{architecture}.{key}", value)
    kind = gguf.GGMLQuantizationType[quantisation]
    for name, numbers in (tensors if tensors is not None else stored(module)).items():
        quantised = numbers.ndim == 2 and quantisation != "F32"
        content = gguf.quantize(numbers, kind) if quantised else numbers
        writer.add_tensor(name, content, raw_dtype=kind if quantised else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
