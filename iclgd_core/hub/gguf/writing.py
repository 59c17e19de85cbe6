"""A GGUF file written as a model folder, one tensor at a time: in float32, in the names and order of transformers."""

import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from iclgd_core.errors import IclgdError
from iclgd_core.evidence.plain import Json
from iclgd_core.hub.files import CONFIG, TOKENIZER_CONFIG, WEIGHTS
from iclgd_core.hub.gguf.architectures import UnfitError, config_of, name_of, paired_heads
from iclgd_core.hub.gguf.header import Header, Tensor, refusal
from iclgd_core.hub.gguf.tokens import tokenizer_of

Floats = NDArray[np.float32]


class MissingGgufError(IclgdError):
    """The package that dequantises is not installed."""


def write_folder(path: Path, header: Header, folder: Path) -> str:
    """Write config.json, tokenizer and weights of a GGUF file into an empty folder; return the weights' SHA-256.

    Args:
        path: of the file.
        header: of the file.
        folder: to write to.

    Raises:
        ModelError: a file whose metadata or tensors are those of no model that is read (see `architectures`, `tokens`).
        MissingGgufError: the package `gguf` is not installed.
        OSError: the folder cannot be written.
    """
    library = dequantiser()
    try:
        config = config_of(header)
        tokenizer = tokenizer_of(header, int(str(config["vocab_size"])))
        names = {name: name_of(name, config) for name in header.tensors}
        for name, tensor in header.tensors.items():
            _check_paired(name, tensor, paired_heads(name, header, config))
    except UnfitError as error:
        raise refusal(path, str(error)) from error
    (folder / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "tokenizer.json").write_text(tokenizer.tokenizer, encoding="utf-8")
    (folder / TOKENIZER_CONFIG).write_text(json.dumps(tokenizer.settings, indent=1), encoding="utf-8")
    return _write_weights(folder / WEIGHTS, names, header, weights_of(path, header, config, library))


def bytes_of(header: Header) -> int:
    """Return the bytes of the weights that `write_folder` writes."""
    return sum(4 * int(np.prod(one.shape, dtype=object)) for one in header.tensors.values())


def dequantiser() -> ModuleType:
    """Return the package `gguf`.

    Raises:
        MissingGgufError: it is not installed.
    """
    try:
        return importlib.import_module("gguf")  # optional: only models in GGUF files need it
    except ImportError as error:
        raise MissingGgufError(
            "models in GGUF files need the package `gguf`, which is not installed: pip install gguf"
        ) from error


def weights_of(path: Path, header: Header, config: Mapping[str, Json], library: ModuleType) -> Iterator[Floats]:
    """Yield the weights of each tensor of a file, in its order, float32, their rows in the order of transformers.

    Args:
        path: of the file.
        header: of the file.
        config: of the model.
        library: the package `gguf`.

    Raises:
        OSError: the file cannot be read, or has become shorter.
    """
    for name, tensor in header.tensors.items():
        stored = np.fromfile(path, np.uint8, tensor.bytes, offset=tensor.start)
        if len(stored) < tensor.bytes:
            raise OSError(f"{path} has become shorter")
        *rows, last = tensor.shape
        stored = stored.reshape(*rows, last // tensor.type.block * tensor.type.bytes)
        with np.errstate(all="ignore"):  # weights that are not finite are refused where the folder is loaded
            weights = library.dequantize(stored, library.GGMLQuantizationType[tensor.type.name])
        heads = paired_heads(name, header, config)
        yield np.ascontiguousarray(_unpaired(weights, heads) if heads else weights, dtype="<f4")


def _unpaired(weights: Floats, heads: int) -> Floats:
    """Put the rows of each head, stored as (0, d/2, 1, d/2 + 1, ...), back into the order 0, 1, ..., d - 1."""
    pairs = weights.reshape(heads, weights.shape[0] // heads // 2, 2, *weights.shape[1:])
    return pairs.swapaxes(1, 2).reshape(weights.shape)


def _check_paired(name: str, tensor: Tensor, heads: int) -> None:
    if heads and tensor.shape[0] % (2 * heads):
        raise UnfitError(f"the tensor {name} has {tensor.shape[0]} rows, which {heads} heads of even size do not have")


def _write_weights(path: Path, names: Mapping[str, str], header: Header, weights: Iterator[Floats]) -> str:
    """Write a safetensors file: the length of a header, the header, the tensors one behind the other."""
    table: dict[str, Json] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in header.tensors.items():
        end = at + 4 * int(np.prod(tensor.shape, dtype=object))
        table[names[name]] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in (len(text).to_bytes(8, "little"), text):
            file.write(part)
            digest.update(part)
        for one in weights:
            file.write(one.data)
            digest.update(one.data)
    return digest.hexdigest()
