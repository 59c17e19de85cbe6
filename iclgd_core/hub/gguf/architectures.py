"""Which GGUF architectures are read: their configuration and weights in the names and order of transformers.

Every key of metadata that the architecture has is understood or refused: one that is passed over could say that the
model computes another function (scaled rotary angles, experts, soft caps). To add an architecture, add its entry.
Sources: the format's list of keys and of tensor names; `convert_hf_to_gguf.py` of llama.cpp for the order of rows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iclgd_core.evidence.plain import Json
from iclgd_core.hub.gguf.header import Header, Value

SIZES = {
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
}
"""Keys that are whole numbers from 1 on and must be there, and what transformers calls them."""

KV_HEADS, EPSILON, BASE = "attention.head_count_kv", "attention.layer_norm_rms_epsilon", "rope.freq_base"
HEAD_SIZES = ("rope.dimension_count", "attention.key_length", "attention.value_length")
"""Keys that all say the size of a head, where they are there."""

VOCABULARY, NO_SCALING = "vocab_size", {"rope.scaling.type": "none", "rope.scaling.factor": 1.0}
SPECIAL_TOKENS = {"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"}

_MODULES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip
_OUTSIDE = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
            "output.weight": "lm_head.weight"}  # fmt: skip
_LAYER = re.compile(r"blk\.(0|[1-9]\d{0,5})\.(\w+)\.(weight|bias)", re.ASCII)


class UnfitError(Exception):
    """A file whose metadata or tensors are those of no architecture that is read; why."""


@dataclass(frozen=True)
class GgufArchitecture:
    """One architecture.

    Attributes:
        model_type, kind: how transformers calls it and its class.
        paired: whether the rows of W_Q and W_K stand as llama.cpp turns them: the two halves of a head interleaved.
    """

    model_type: str
    kind: str
    paired: bool = False


ARCHITECTURES = {
    "llama": GgufArchitecture("llama", "LlamaForCausalLM", paired=True),
    "qwen2": GgufArchitecture("qwen2", "Qwen2ForCausalLM"),
    "qwen3": GgufArchitecture("qwen3", "Qwen3ForCausalLM"),
}
"""By the value of `general.architecture`."""


def architecture_of(header: Header) -> GgufArchitecture:
    """Return the architecture of a file.

    Raises:
        UnfitError: one that is not read.
    """
    name = header.metadata.get("general.architecture")
    if not isinstance(name, str) or name not in ARCHITECTURES:
        raise UnfitError(f"its architecture is {str(name)[:80]!r}; read are {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def config_of(header: Header) -> dict[str, Json]:
    """Return what config.json says of the model in a file.

    Raises:
        UnfitError: a key that is missing, of another type, out of range, or not understood.
    """
    architecture = architecture_of(header)
    prefix = f"{header.metadata['general.architecture']}."
    own = {key.removeprefix(prefix): value for key, value in header.metadata.items() if key.startswith(prefix)}
    numbers: dict[str, int] = {}
    for key in (*SIZES, *(one for one in (KV_HEADS, *HEAD_SIZES, VOCABULARY) if one in own)):
        value = own.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UnfitError(f"the key {prefix}{key} is {_shown(value)}; allowed: a whole number from 1 on")
        numbers[key] = value
    _check_understood(own, prefix)
    heads = numbers["attention.head_count"]
    kv_heads = numbers.get(KV_HEADS, heads)
    head = _head_size(numbers, prefix)
    rows = _rows(header, numbers.get(VOCABULARY))
    config: dict[str, Json] = {
        "model_type": architecture.model_type,
        "architectures": [architecture.kind],
        **{name: numbers[key] for key, name in SIZES.items()},
        "num_key_value_heads": kv_heads,
        "head_dim": head,
        "vocab_size": rows,
        "hidden_act": "silu",
        "rms_norm_eps": _real(own, EPSILON, prefix),
        "rope_parameters": {"rope_type": "default", "rope_theta": _real(own, BASE, prefix, 10_000.0)},
        "tie_word_embeddings": "output.weight" not in header.tensors,
    }
    for name, key in SPECIAL_TOKENS.items():
        token = header.metadata.get(f"tokenizer.ggml.{key}_token_id")
        if token is not None and not (isinstance(token, int) and 0 <= token < rows):
            raise UnfitError(f"its {key} token is {_shown(token)}; allowed: 0 to {rows - 1}")
        config[name] = token
    return config


def name_of(tensor: str, config: Mapping[str, Json]) -> str:
    """Return what transformers calls a tensor of a model.

    Raises:
        UnfitError: the architectures that are read have no such tensor, or the model has no such layer.
    """
    if tensor in _OUTSIDE:
        return _OUTSIDE[tensor]
    found = _LAYER.fullmatch(tensor)
    if found is None or found[2] not in _MODULES:
        scaled = (
            " (it scales rotary angles, which transformers does otherwise)" if tensor == "rope_freqs.weight" else ""
        )
        raise UnfitError(f"it holds the tensor {tensor[:80]!r}{scaled}, which the model has no place for")
    if int(found[1]) >= int(str(config["num_hidden_layers"])):
        raise UnfitError(f"it holds the tensor {tensor}, and its metadata say {config['num_hidden_layers']} layers")
    return f"model.layers.{found[1]}.{_MODULES[found[2]]}.{found[3]}"


def paired_heads(tensor: str, header: Header, config: Mapping[str, Json]) -> int:
    """Return how many heads a tensor's rows must be put back in order for; 0 where they stand in it."""
    found = _LAYER.fullmatch(tensor)
    if found is None or found[2] not in ("attn_q", "attn_k") or not architecture_of(header).paired:
        return 0
    heads = config["num_attention_heads" if found[2] == "attn_q" else "num_key_value_heads"]
    return heads if isinstance(heads, int) else 0


def _check_understood(own: Mapping[str, Value], prefix: str) -> None:
    """Refuse keys that are passed over, unless they say that nothing is different."""
    known = {*SIZES, KV_HEADS, *HEAD_SIZES, VOCABULARY, EPSILON, BASE}
    for key in sorted(own.keys() - known):
        if key not in NO_SCALING or own[key] != NO_SCALING[key]:
            raise UnfitError(
                f"its metadata say {prefix}{key[:80]} = {_shown(own[key])}, which is not understood: passed over, "
                "another model could be measured"
            )


def _head_size(numbers: Mapping[str, int], prefix: str) -> int:
    hidden, heads = numbers["embedding_length"], numbers["attention.head_count"]
    said = {numbers[key] for key in HEAD_SIZES if key in numbers} or {hidden // heads}
    if len(said) > 1 or min(said) % 2 or min(said) < 2:
        raise UnfitError(
            f"its heads are of {' and '.join(map(str, sorted(said)))} numbers ({prefix}{', '.join(HEAD_SIZES)}); "
            "allowed: one even number, for rotary angles"
        )
    return min(said)


def _rows(header: Header, said: int | None) -> int:
    embedding = header.tensors.get("token_embd.weight")
    if embedding is None or len(embedding.shape) != 2:
        raise UnfitError("it has no matrix token_embd.weight")
    if said is not None and said != embedding.shape[0]:
        raise UnfitError(f"its metadata say vocab_size = {said}, and token_embd.weight has {embedding.shape[0]} rows")
    return embedding.shape[0]


def _real(own: Mapping[str, Value], key: str, prefix: str, default: float | None = None) -> float:
    value = own.get(key, default)
    if not isinstance(value, float) or not 0 < value < 1e12:
        raise UnfitError(f"the key {prefix}{key} is {_shown(value)}; allowed: a number above 0 and below 1e12")
    return value


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value if not isinstance(value, str | tuple) else value[:80])[:200]
