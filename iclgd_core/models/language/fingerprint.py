"""Hash of a model: what tells its measurements from those of any other."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from transformers import PreTrainedModel

_CHUNK = 2**22

_State = tuple[tuple[str, int, int, torch.dtype], ...]
_READ: "WeakKeyDictionary[PreTrainedModel, tuple[str, _State]]" = WeakKeyDictionary()
"""Hash of the files that a large model was read from, and the state of its weights when it had been."""


def fingerprint(module: PreTrainedModel) -> str:
    """Return the SHA-256 of a model's architecture, dtype and every weight and its name.

    Two models share a fingerprint only if they compute the same function by the same code; a path or a name is
    never part of it, so a retrained model under an old name is another model. For a model that was noted by
    `read_from`, and whose weights were not written since, the files stand for the weights.
    """
    h = hashlib.sha256(json.dumps([type(module).__name__, _settings(module)], sort_keys=True, default=str).encode())
    files, state = _READ.get(module, ("", ()))
    if files and state == _state(module):
        dtypes = sorted({str(tensor.dtype) for tensor in module.state_dict().values()})
        h.update(f"files:{files}:{dtypes}".encode())
        return h.hexdigest()
    for name, tensor in sorted(module.state_dict().items()):
        h.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        h.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return h.hexdigest()


def read_from(module: PreTrainedModel, files: Sequence[Path]) -> None:
    """Note that a model was just read, whole and unchanged, from these weight files.

    For large models: their fingerprint is then that of the files, and no weight is copied from the device. A copy of
    the model, or one whose weights are written, is not covered, and is hashed weight by weight.
    """
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(_file_hash, files))
    named = sorted((path.name, one) for path, one in zip(files, hashes, strict=True))
    _READ[module] = (hashlib.sha256(json.dumps(named).encode()).hexdigest(), _state(module))


def _settings(module: PreTrainedModel) -> dict[str, object]:
    config: dict[str, object] = module.config.to_diff_dict()
    for incidental in ("_name_or_path", "transformers_version", "dtype", "torch_dtype"):
        config.pop(incidental, None)
    return config


def _state(module: PreTrainedModel) -> _State:
    """Return what changes when a weight is written or replaced: where it lies, and how often it was written."""
    return tuple((name, one.data_ptr(), one._version, one.dtype) for name, one in module.named_parameters())


def _file_hash(path: Path) -> str:
    target = path.resolve()
    facts = target.stat()
    return _content_hash(target, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4096)
def _content_hash(path: Path, size: int, modified: int) -> str:
    """Return the SHA-256 of a file; size and time of the last change only tell whether it was hashed before."""
    h = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            h.update(chunk)
    return h.hexdigest()
