"""Keys of measurements: everything that decides the numbers, and nothing else.

A key is a flat JSON object; its SHA-256 names the file. Changing the model's weights, an episode, a setting, a
library version or the measuring code changes the key, so that an old result is never found.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import tokenizers
import torch
import transformers

Key = Mapping[str, str | int | float | bool | list[str] | list[int] | list[float]]

_CORE = Path(__file__).resolve().parents[2]
_MEASURING_CODE = (
    "learners/gd", "learners/in_context.py",
    "models/architectures", "models/language", "models/shuffling.py",
    "tasks/ginc", "tasks/text", "tasks/episode.py", "tasks/prompts.py", "tasks/registry.py", "tasks/relabelled.py",
)  # fmt: skip
"""What decides the numbers of a measurement on a language model."""


@cache
def code_version() -> str:
    """Return the SHA-256 of the source files that a measurement's numbers depend on: of learners, models, tasks."""
    return source_version(*_MEASURING_CODE)


@cache
def source_version(*names: str) -> str:
    """Return the SHA-256 of source files, for the key of a measurement that depends on more than `code_version` covers.

    Args:
        names: folders and files below `iclgd_core`, for example "learners/bayes" or "studies/points.py".

    Raises:
        FileNotFoundError: no such file, or no source file in that folder.
    """
    h = hashlib.sha256()
    for path in sorted(p for name in names for p in _files(_CORE / name)):
        h.update(path.relative_to(_CORE).as_posix().encode() + path.read_bytes())
    return h.hexdigest()


def _files(path: Path) -> list[Path]:
    found = [path] if path.is_file() else list(path.rglob("*.py"))
    if not found:
        raise FileNotFoundError(f"no source file at {path}")
    return found


def environment() -> dict[str, str]:
    """Return the part of every key that comes from code and libraries."""
    versions = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }
    return {"code": code_version(), **versions}


def digest_of(key: Key) -> str:
    """Return the SHA-256 of a key's canonical JSON."""
    return hashlib.sha256(canonical(key).encode()).hexdigest()


def canonical(key: Key) -> str:
    """Return the key as JSON with sorted keys; TypeError or ValueError for anything not plain."""
    return json.dumps(dict(key), sort_keys=True, allow_nan=False)
