"""Which files of a folder are a split."""

import re
from collections.abc import Sequence
from pathlib import Path

from iclgd_core.tasks.text.hub import ENDINGS
from iclgd_core.tasks.text.rows import TextDataError

ALIASES = {"train": ("train",), "validation": ("validation", "dev", "valid", "val"), "test": ("test",)}
"""Names under which a split's file may stand in a local folder."""

_SHARD = re.compile(r"-(\d+)-of-(\d+)\.")


def split_files(folder: Path, split: str) -> list[Path]:
    """Return the files of a split in a local folder: SPLIT.jsonl, SPLIT.parquet or SPLIT-*.parquet; [] if none.

    Raises:
        TextDataError: the split stands there more than once, or shards are missing.
    """
    names = [(name, ending) for name in ALIASES[split] for ending in ENDINGS]
    whole = [[path] for name, ending in names if (path := folder / (name + ending)).is_file()]
    found = whole or [shards for name, ending in names if (shards := sorted(folder.glob(f"{name}-*{ending}")))]
    if len(found) > 1:
        raise TextDataError(
            f"{folder}: the split {split!r} stands there more than once: "
            f"{', '.join(files[0].name for files in found)}. Only one of them can be read; keep that one."
        )
    return complete(found[0]) if found else []


def complete(shards: Sequence[Path]) -> list[Path]:
    """Return the shards in order; TextDataError if their names ("-00001-of-00003") say that some are missing."""
    for path in shards:
        found = _SHARD.search(path.name)
        if found and int(found[2]) != len(shards):
            raise TextDataError(f"{path}: {int(found[2])} shards belong together, but {len(shards)} are there.")
    return sorted(shards)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match a pattern, in order; TextDataError if shards are missing."""
    return complete(sorted(path for path in folder.glob(pattern) if path.is_file()))
