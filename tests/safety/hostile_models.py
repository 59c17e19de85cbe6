"""Model folders meant to do harm, made of small embedded models; a trap that springs leaves a canary file."""

import struct
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from tests.safety.folder_damage import (
    AUTO_MAP,
    Damage,
    both,
    code,
    config,
    header,
    in_config,
    index,
    linked,
    nothing,
    one_tensor,
    pickled,
    raw,
)

EMBEDDED = Path(__file__).resolve().parents[2] / "fixtures" / "models"
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")

REMOTE = "someone/kernels:flash"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202egnp\u2066<script>alert(1)</script>\x9b31m\u200b"
"""Clears a screen, sets its title, turns the direction of writing, is a script in HTML, colours, hides."""


@dataclass(frozen=True)
class Hostile:
    """How a folder becomes hostile, and what must become of it.

    Attributes:
        damage: makes the copy of a good model at the first path hostile; its canary is the second.
        says: what the one error says, as a regular expression; None where the hostile part is ignored.
        base: the embedded model that is copied.
    """

    damage: Damage
    says: str | None
    base: str = "ginc-llama-57k"


def build(name: str, folder: Path, canary: Path) -> Path:
    """Make the hostile folder of a name and return it."""
    hostile = HOSTILE[name]
    folder.mkdir(parents=True)
    for file in FILES:
        copyfile(EMBEDDED / hostile.base / file, folder / file)
    hostile.damage(folder, canary)
    return folder


KERNEL_KEYS = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
INTERNAL = ("_attn_implementation_internal", "_experts_implementation_internal")
CANNOT = "cannot be (used|read)"
UNFIT = "cannot be read: .*(hold|larger|size|must|divisible|not fit|overflow|layers)"

HOSTILE: dict[str, Hostile] = {
    "a good model": Hostile(nothing, None),
    "auto_map": Hostile(both(code(), config({"auto_map": AUTO_MAP})), None),
    "auto_map of an unknown type": Hostile(both(code(), config({"auto_map": AUTO_MAP, "model_type": "evil"})), CANNOT),
    "auto_map without a type": Hostile(both(code(), config({"auto_map": AUTO_MAP, "model_type": None})), CANNOT),
    "auto_map of the Hub": Hostile(config({"auto_map": {k: f"someone/evil--{v}" for k, v in AUTO_MAP.items()}}), None),
    "auto_map in vision_config": Hostile(both(code(), config({"vision_config": {"auto_map": AUTO_MAP}})), None),
    "auto_map in text_config": Hostile(both(code(), config({"text_config": {"auto_map": AUTO_MAP}})), CANNOT),
    "auto_map in decoder": Hostile(both(code(), config({"decoder": {"auto_map": AUTO_MAP}})), CANNOT),
    "auto_map in the parts of a model of several": Hostile(
        both(
            code(),
            config(
                {
                    "model_type": "gemma3",
                    "text_config": {
                        "model_type": "gemma3_text",
                        "auto_map": AUTO_MAP,
                        **dict.fromkeys(INTERNAL, REMOTE),
                    },
                    "vision_config": {
                        "model_type": "siglip_vision_model",
                        "auto_map": AUTO_MAP,
                        "trust_remote_code": True,
                    },
                }
            ),
        ),
        CANNOT,
    ),
    "trust_remote_code": Hostile(both(code(), config({"auto_map": AUTO_MAP, "trust_remote_code": True})), None),
    "auto_map of the tokenizer": Hostile(both(code(), config({"auto_map": AUTO_MAP}, "tokenizer_config.json")), None),
    "tokenizer_class of its own": Hostile(
        both(code(), config({"tokenizer_class": "EvilTokenizer", "auto_map": AUTO_MAP}, "tokenizer_config.json")), None
    ),
    "tokenizer_class that is a path": Hostile(
        both(code(), config({"tokenizer_class": "../modeling_evil.EvilTokenizer"}, "tokenizer_config.json")), CANNOT
    ),
    "custom_generate": Hostile(both(code("custom_generate/generate.py"), config({"custom_generate": "."})), None),
    "generation_config": Hostile(
        both(code(), config({"custom_generate": REMOTE, "auto_map": AUTO_MAP}, "generation_config.json")), None
    ),
    **{f"{key} of the Hub": Hostile(config({key: REMOTE}), CANNOT) for key in KERNEL_KEYS},
    **{f"{key} of the Hub": Hostile(config({key: REMOTE}), None) for key in INTERNAL},
    **{
        f"{key} of the Hub, nested": Hostile(config({"text_config": {"model_type": "llama", key: REMOTE}}), CANNOT)
        for key in KERNEL_KEYS
    },
    **{
        f"{key} of the Hub, nested": Hostile(config({"vision_config": {"model_type": "llama", key: REMOTE}}), None)
        for key in INTERNAL
    },
    "attn_implementation by backbone": Hostile(config({"attn_implementation": {"": REMOTE, "text": REMOTE}}), CANNOT),
    "use_kernels": Hostile(config({"use_kernels": True, "allow_all_kernels": True, "kernel_config": [REMOTE]}), None),
    "quantization_config": Hostile(config({"quantization_config": {"quant_method": "someone/evil"}}), CANNOT),
    "quantization_config, nested": Hostile(
        config({"text_config": {"quantization_config": {"quant_method": "quark", "custom": REMOTE}}}), CANNOT
    ),
    "pickle alone": Hostile(pickled(alone=True), "pickled weights are not read"),
    "pickle under another name": Hostile(pickled("model.pt", alone=True), "pickled weights are not read"),
    "pickle beside": Hostile(both(pickled(), pickled("training_args.bin"), pickled("optimizer.pt")), None),
    "pickle that is called safetensors": Hostile(pickled("model.safetensors"), CANNOT),
    "adapter": Hostile(config({"base_model_name_or_path": "someone/evil"}, "adapter_config.json"), "PEFT adapter"),
    "header of no JSON": Hostile(raw(struct.pack("<Q", 8) + b"{" * 8, "model.safetensors"), CANNOT),
    "header beyond the file": Hostile(header(bool, length=10**6), CANNOT),
    "header of 2**63 bytes": Hostile(header(bool, length=2**63), CANNOT),
    "empty weights": Hostile(raw(b"", "model.safetensors"), CANNOT),
    "unknown dtype": Hostile(one_tensor("dtype", "OBJECT"), CANNOT),
    "integer weights": Hostile(one_tensor("dtype", "I32"), "quantised weights are not read"),
    "offsets beyond the file": Hostile(one_tensor("data_offsets", [0, 2**40]), CANNOT),
    "offsets of another tensor": Hostile(
        header(lambda read: read["lm_head.weight"].update(data_offsets=read["model.norm.weight"]["data_offsets"])),
        CANNOT,
    ),
    "shape of 2**62": Hostile(one_tensor("shape", [2**31, 2**31]), CANNOT),
    "tensor names with escapes": Hostile(
        header(lambda read: read.update({ESCAPES: read.pop("model.norm.weight")})), CANNOT
    ),
    "index with ..": Hostile(index("../{outside}-outside.safetensors"), CANNOT + "|names the weight file"),
    "index with an absolute path": Hostile(index("{outside}/x-outside.safetensors"), "names the weight file"),
    "index of a pickle": Hostile(both(pickled(), index("pytorch_model.bin")), "names the weight file"),
    "index with a link that leaves": Hostile(
        index("a.safetensors", links={"a.safetensors": "../{name}-outside.safetensors"}), "link that leads out"
    ),
    "index without a map": Hostile(both(index(), raw("{}", "model.safetensors.index.json")), "no weight_map"),
    "index of a list": Hostile(both(index(), raw("[]", "model.safetensors.index.json")), CANNOT),
    "weights that are a link": Hostile(linked("model.safetensors"), "link that leads out"),
    "config that is a link": Hostile(linked("config.json"), "link that leads out"),
    "tokenizer that is a link": Hostile(linked("tokenizer.json"), "link that leads out"),
    "tokenizer of no JSON": Hostile(raw("{" * 5000, "tokenizer.json"), CANNOT),
    "tokenizer of another kind": Hostile(raw('{"model": {"type": "Evil"}}', "tokenizer.json"), CANNOT),
    "tokenizer_config of a list": Hostile(raw("[1, 2]", "tokenizer_config.json"), CANNOT),
    "chat template": Hostile(
        both(
            raw(
                "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for i in range(10**9) %}x{% endfor %}",
                "chat_template.jinja",
            ),
            config({"chat_template": "{{ cycler.__init__.__globals__.os.system('x') }}"}, "tokenizer_config.json"),
        ),
        None,
    ),
    "config of 50 MB": Hostile(config({"padding": "x" * 50_000_000}), CANNOT),
    "config nested deeply": Hostile(in_config('"a":' + "[" * 100_000 + "]" * 100_000), CANNOT),
    "config nested moderately": Hostile(in_config('"a":' + '{"b":' * 500 + "1" + "}" * 500), CANNOT),
    "config with NaN": Hostile(in_config('"hidden_dropout": NaN'), CANNOT),
    "config with a huge exponent": Hostile(in_config('"intermediate_size": 1e999'), CANNOT),
    "config with 5,000 digits": Hostile(in_config('"seed": ' + "9" * 5000), CANNOT),
    "config with a key twice": Hostile(in_config('"model_type": "evil"'), CANNOT),
    "config in UTF-16": Hostile(raw('{"model_type": "llama"}'.encode("utf-16")), CANNOT),
    "config of a list": Hostile(raw("[]"), CANNOT),
    "config with Python's own names": Hostile(config({"__class__": "x", "__dict__": {}}), CANNOT),
    "config that hides a method": Hostile(config({"get_text_config": "x", "to_dict": 1, "sub_configs": 3}), CANNOT),
    "names with escapes": Hostile(config({"hidden_act": ESCAPES, "architectures": [ESCAPES]}), CANNOT),
    "model_type with escapes": Hostile(config({"model_type": ESCAPES}), CANNOT),
    "rope with escapes": Hostile(config({"rope_parameters": {"rope_type": ESCAPES}}), CANNOT),
    "tokens with escapes": Hostile(config({"bos_token": ESCAPES}, "tokenizer_config.json"), None),
    "a width of 10**9": Hostile(config({"hidden_size": 10**9}), UNFIT),
    "a vocabulary of 10**12": Hostile(config({"vocab_size": 10**12}), UNFIT),
    "an inner width of 10**18": Hostile(config({"intermediate_size": 10**18}), UNFIT),
    "10**9 layers": Hostile(config({"num_hidden_layers": 10**9}), UNFIT),
    "10**9 heads": Hostile(config({"num_attention_heads": 10**9, "num_key_value_heads": 10**9}), UNFIT),
    "a head of 10**12": Hostile(config({"head_dim": 10**12}), UNFIT),
    "10**9 labels": Hostile(config({"num_labels": 10**9}), UNFIT),
    "10**9 labels, nested": Hostile(config({"text_config": {"num_labels": 10**9}}), UNFIT),
    "negative sizes": Hostile(config({"hidden_size": -1, "vocab_size": -5}), CANNOT),
    "sizes that are text": Hostile(config({"hidden_size": "many"}), CANNOT),
    "a window of 10**12": Hostile(config({"n_positions": 10**12}), UNFIT, "ginc-gptj-829k"),
    "a window of 10**7": Hostile(config({"n_positions": 10**7}), UNFIT, "ginc-gptj-829k"),
    "10**9 experts": Hostile(
        config({"model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "num_local_experts": 10**9}), UNFIT
    ),
    "10**9 layers with a type each": Hostile(config({"model_type": "qwen2", "num_hidden_layers": 10**9}), UNFIT),
    "10**9 layers under another name": Hostile(config({"model_type": "bart", "decoder_layers": 10**9}), UNFIT),
    "10**7 layers under another name": Hostile(config({"model_type": "bart", "decoder_layers": 10**7}), UNFIT),
    "10**7 layers with a type each": Hostile(config({"model_type": "qwen2", "num_hidden_layers": 10**7}), UNFIT),
    "10**5 types of layers": Hostile(config({"layer_types": ["full_attention"] * 10**5}), CANNOT),
    "a masked model of 10**9 positions": Hostile(
        config({"model_type": "bert", "architectures": ["BertForMaskedLM"], "max_position_embeddings": 10**9}), UNFIT
    ),
}
"""Every hostile folder by name."""
