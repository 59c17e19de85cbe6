"""claims.json: written whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from iclgd_core.errors import StorageError
from iclgd_core.evidence import Json

FILE_NAME = "claims.json"


def write(document: Mapping[str, Json], directory: Path) -> Path:
    """Write the report and return its path; an earlier one stays as it is until the new one is complete.

    Raises:
        StorageError: the directory cannot be made or written, or the disk is full.
    """
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=directory, prefix=".claims-", delete=False, encoding="utf-8") as draft:
            try:
                draft.write(text)
                draft.flush()
                os.fsync(draft.fileno())
                os.chmod(draft.name, 0o644)
                os.replace(draft.name, path)
            except OSError:
                Path(draft.name).unlink(missing_ok=True)
                raise
        _sync_directory(directory)
    except OSError as error:
        raise StorageError(
            f"the claims report could not be written to {directory}: {error}. "
            "Free some space or give another directory with --iclgd-report."
        ) from error
    return path


def _sync_directory(directory: Path) -> None:
    """Make the rename itself last; file systems that cannot sync a directory are left alone."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
