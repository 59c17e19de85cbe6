"""Configuration keys that make transformers run, fetch or read something else: refused, or taken out.

transformers is called with remote code off; this does not rely on it. It never sees the keys below, at any depth, so
that a key which a release forgets to guard (CVE-2026-4372, CVE-2026-5241) finds nothing to act on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_MASKED_LM_MAPPING_NAMES

from iclgd_core.evidence.plain import Json
from iclgd_core.hub.files import CONFIG, TOKENIZER_CONFIG
from iclgd_core.hub.refusals import UnsafeModelError
from iclgd_core.hub.strict_json import MIB, read_object

CODE = frozenset(
    (
        "auto_map", "custom_generate", "custom_pipelines", "trust_remote_code", "code_revision",
        "use_kernels", "kernel_config", "allow_all_kernels", "use_kernel_func_from_hub",
    )
)  # fmt: skip
"""Keys that name code, taken out wherever they stand, and told."""

ELSEWHERE = frozenset(
    (
        "configuration_files", "transformers_weights", "fusion_config", "distributed_config", "gguf_file", "subfolder",
        "vocab_file", "merges_file", "tokenizer_file", "tokenizer_files", "fast_tokenizer_files", "chat_template_file",
        "processor_class", "init_inputs", "from_slow", "base_model_name_or_path",
    )
)  # fmt: skip
"""Keys that lead to other files or repositories, taken out wherever they stand, and told."""

SILENT = frozenset(
    (
        "_name_or_path", "name_or_path", "_commit_hash", "dtype", "torch_dtype", "chat_template", "return_dict",
        "_attn_implementation_internal", "_experts_implementation_internal", "_attn_implementation_autoset",
    )
)  # fmt: skip
"""Keys that every saved model has, or that this project sets itself; taken out without a word."""

IMPLEMENTATIONS = frozenset(
    ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
)
"""Keys that choose an implementation: this project chooses; one that names a repository of compiled code is refused."""

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_MODEL_TYPE = re.compile(r"[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE)
_MOST_TOKENIZER_BYTES = 16 * MIB


@dataclass(frozen=True)
class Scanned:
    """The configuration of a model, fit to be handed to transformers.

    Attributes:
        config, tokenizer: what is left of config.json and tokenizer_config.json.
        ignored: what was taken out and could matter to a reader, as "file: key".
    """

    config: Mapping[str, Json]
    tokenizer: Mapping[str, Json]
    ignored: tuple[str, ...]


def scan(path: Path, where: str) -> Scanned:
    """Read and check the configuration files of a model folder.

    Args:
        path: the folder.
        where: what it is called in errors.

    Raises:
        ModelError: a file that is not well-formed JSON (see `strict_json`).
        UnsafeModelError: a key that could only be honoured by running or fetching something.
    """
    ignored: list[str] = []
    config = _cleaned(read_object(path / CONFIG), CONFIG, where, ignored)
    _check_model_type(config, where, ignored)
    tokenizer: dict[str, Json] = {}
    if (path / TOKENIZER_CONFIG).is_file():
        read = read_object(path / TOKENIZER_CONFIG, _MOST_TOKENIZER_BYTES)
        tokenizer = _cleaned(read, TOKENIZER_CONFIG, where, ignored)
    for name, value in (("config.json", config), (TOKENIZER_CONFIG, tokenizer)):
        kind = value.get("tokenizer_class")
        if kind is not None and not (isinstance(kind, str) and _NAME.fullmatch(kind)):
            raise _refused(where, name, "tokenizer_class", "it is no name of a class")
    return Scanned(config, tokenizer, tuple(dict.fromkeys(ignored)))


def _check_model_type(config: Mapping[str, Json], where: str, ignored: list[str]) -> None:
    kind = config.get("model_type")
    known = isinstance(kind, str) and _MODEL_TYPE.fullmatch(kind) is not None
    if not known or kind not in CONFIG_MAPPING:
        own = " It brings its own code (auto_map), which is never run." if f"{CONFIG}: auto_map" in ignored else ""
        raise _refused(
            where, CONFIG, "model_type", f"{str(kind)[:80]!r} is no architecture of the installed transformers.{own}"
        )
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise _refused(where, CONFIG, "model_type", f"{kind!r} is neither a causal nor a masked language model")


def is_masked(config: Mapping[str, Json]) -> bool:
    """Return whether a configuration is that of a masked language model, which reads a label at a mask.

    It is one if its `architectures` say so, or, where these are silent, if its type is known as one and it is not
    set up as a decoder.
    """
    kind = config.get("model_type")
    if kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.get("is_decoder") is True:
        return False
    named = config.get("architectures")
    names = [str(name) for name in named] if isinstance(named, list) else []
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names):
        return kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    return True


def _cleaned(value: dict[str, Json], file: str, where: str, ignored: list[str]) -> dict[str, Json]:
    cleaned = _walk(value, file, lambda key, inner: _keep(key, inner, file, where, ignored))
    return cleaned if isinstance(cleaned, dict) else {}


def _walk(value: Json, file: str, keep: Callable[[str, Json], bool]) -> Json:
    # read_object has bounded the depth
    if isinstance(value, dict):
        return {key: _walk(inner, file, keep) for key, inner in value.items() if keep(key, inner)}
    if isinstance(value, list):
        return [_walk(inner, file, keep) for inner in value]
    return value


def _keep(key: str, value: Json, file: str, where: str, ignored: list[str]) -> bool:
    """Return whether a key may be handed on."""
    if key.startswith("__"):
        raise _refused(where, file, key, "names that begin with two underscores belong to Python")
    if key in IMPLEMENTATIONS:
        if any(character in text for text in _texts(value) for character in "/:@"):
            raise _refused(where, file, key, f"it asks for compiled code of the Hub ({str(value)[:80]!r})")
        return False
    if key == "quantization_config" and value:
        raise _refused(where, file, key, "quantised weights are not read: they compute another function")
    if key in SILENT or key == "quantization_config":
        return False
    if key in CODE or key in ELSEWHERE:
        if value not in (None, False, {}, [], ""):
            ignored.append(f"{file}: {key}")
        return False
    return True


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _texts(one)]


def _refused(where: str, file: str, key: str, reason: str) -> UnsafeModelError:
    return UnsafeModelError(
        f"{where} cannot be used: {file}, key {key[:80]!r}: {reason.rstrip('.')}. Remote code, compiled kernels and "
        "quantised weights are never loaded; use a model that transformers supports itself."
    )
