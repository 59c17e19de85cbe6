"""Which files of a model are read, and whether a folder has them."""

import re
from collections.abc import Collection
from pathlib import Path

from iclgd_core.errors import ModelError
from iclgd_core.hub.refusals import UnsafeModelError
from iclgd_core.hub.strict_json import MIB, read_object

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER_CONFIG = "tokenizer_config.json"

TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",), ("tokenizer.model",))
"""Sets of files of which any one makes a tokenizer."""

TOKENIZER_FILES = (
    *(name for names in TOKENIZERS for name in names),
    TOKENIZER_CONFIG, "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5", ".onnx")
"""Endings of weights in formats that are not read: most of them can run code when they are."""

SHARD = re.compile(r"model-\d+-of-\d+\.safetensors", re.ASCII)
"""Names that shards have when `save_pretrained` writes them; an index may name others."""

ADAPTERS = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin")
"""Files of a PEFT adapter, which transformers would apply to the model beside them where PEFT is installed."""

_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*\.safetensors", re.ASCII)
_MOST_INDEX_BYTES = 64 * MIB


def wanted(listing: Collection[str], where: str) -> tuple[str, ...]:
    """Return the files that are read of a repository or folder that holds `listing`, shards of an index excepted.

    Args:
        listing: names of its files; those in subfolders are never read.
        where: what it is called in errors.

    Raises:
        ModelError: no config.json, no tokenizer, no weights.
        UnsafeModelError: weights in other formats than safetensors alone; an adapter.
    """
    have = {name for name in listing if "/" not in name}
    if adapter := next((name for name in ADAPTERS if name in have), None):
        raise UnsafeModelError(
            f"{where} holds a PEFT adapter ({adapter}), and adapters are not applied. Merge it into the model "
            "(`merge_and_unload`) and save what comes out without it."
        )
    if CONFIG not in have:
        raise ModelError(
            f"{where} is no model: it has no {CONFIG}. Expected a Hugging Face model (config.json, "
            "model.safetensors, tokenizer files), as `save_pretrained` or `iclgd pretrain` writes it."
        )
    if not any(have.issuperset(names) for names in TOKENIZERS):
        raise ModelError(
            f"{where} has no tokenizer.json, nor any other tokenizer (vocab.json with merges.txt, vocab.txt, "
            "tokenizer.model). Save the model's tokenizer beside it with `tokenizer.save_pretrained`."
        )
    weights = next((name for name in (WEIGHTS, INDEX) if name in have), None)
    if weights is None:
        raise _no_weights(have, where)
    return (CONFIG, *(name for name in TOKENIZER_FILES if name in have), weights)


def _no_weights(have: set[str], where: str) -> ModelError:
    if gguf := sorted(name for name in have if name.endswith(".gguf")):
        return ModelError(f"{where} has no safetensors weights, but {gguf[0]}. Give that file in place of the folder.")
    pickled = sorted(name for name in have if name.endswith(PICKLED))
    if pickled:
        return UnsafeModelError(
            f"{where} holds no model.safetensors file, and pickled weights are not read ({', '.join(pickled[:3])}): "
            "reading them can run code. Save the model again with `save_pretrained`, or name a revision that has "
            "safetensors (the Hub's converter opens one as NAME@refs/pr/N)."
        )
    others = sorted(name for name in have if name.endswith(".safetensors"))
    found = f" The safetensors files there ({', '.join(others[:3])}) are named otherwise." if others else ""
    return ModelError(
        f"{where} has no weights: neither {WEIGHTS} nor {INDEX}.{found} Save the model again with `save_pretrained`."
    )


def shards(index: Path) -> tuple[str, ...]:
    """Return the names of the weight files that an index lists.

    Raises:
        ModelError: an index without a weight_map of names.
        UnsafeModelError: a name that leads out of the folder, or to another kind of file.
    """
    weight_map = read_object(index, _MOST_INDEX_BYTES).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index} has no weight_map, so its weights cannot be found. Save the model again.")
    names = {str(name) for name in weight_map.values()}
    for name in sorted(names):
        if not _PLAIN.fullmatch(name) or ".." in name:
            raise UnsafeModelError(
                f"{index} names the weight file {name[:120]!r}. Allowed: *.safetensors files beside it. "
                "This folder is broken or meant to do harm; do not use it."
            )
    return tuple(sorted(names))


def files_of(path: Path, where: str) -> tuple[str, ...]:
    """Return the names of all files that are read of a folder, the shards included; every one is there.

    Raises:
        ModelError, UnsafeModelError: as `wanted` and `shards`; a shard that is missing; a link out of the folder; two
            sets of weights.
    """
    have = [one.name for one in path.iterdir() if one.is_file() or one.is_symlink()]
    names = wanted(have, where)
    if WEIGHTS in have and INDEX in have and (shard := next(filter(SHARD.fullmatch, sorted(have)), None)):
        raise ModelError(
            f"{where} holds two sets of weights, {WEIGHTS} and {INDEX} with {shard}; which is meant cannot be told. "
            "Delete the older set: an earlier save has left it."
        )
    if INDEX in names:
        _check_inside(path, (INDEX,), where)
        names = (*names, *shards(path / INDEX))
    _check_inside(path, names, where)
    return names


def weight_files(names: Collection[str]) -> tuple[str, ...]:
    """Return those of the names that hold weights."""
    return tuple(name for name in names if name.endswith(".safetensors"))


def _check_inside(path: Path, names: Collection[str], where: str) -> None:
    """Refuse files that are missing or special, and links that lead out of the folder (or out of the Hub's cache)."""
    home = path.resolve()
    # a snapshot is made of links into the blobs of the same cache: <cache>/models--o--n/snapshots/<commit>/<file>
    if home.parent.name == "snapshots" and home.parents[1].name.startswith("models--"):
        home = home.parents[2]
    for name in names:
        target = (path / name).resolve()
        if not target.is_relative_to(home):
            raise UnsafeModelError(
                f"{where}: {name} is a link that leads out of the folder, and such links are not followed. "
                "Copy the file into the folder, or give the folder that holds it."
            )
        if not target.is_file():
            raise ModelError(f"{where}: {name} is missing or no plain file. Download or save the model again.")
