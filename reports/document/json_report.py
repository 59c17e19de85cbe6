"""claims.json: its text, and a write that leaves a file whole or as it was."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from iclgd_core.errors import StorageError
from iclgd_core.evidence.plain import Json

FILE_NAME = "claims.json"


def json_text(document: Mapping[str, Json]) -> str:
    """Return a document as ASCII JSON; ValueError if it holds a number that is not finite."""
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def write(document: Mapping[str, Json], directory: Path) -> Path:
    """Write the report and return its path; an earlier one stays as it is until the new one is complete.

    Raises:
        StorageError: the directory cannot be made or written, or the disk is full.
    """
    return write_whole(json_text(document), directory / FILE_NAME)


def write_whole(text: str, path: Path, option: str = "--iclgd-report") -> Path:
    """Write a file, in UTF-8 with the line ends of `text`, and return its path; it is whole or as it was before.

    `option` is the one that chooses where, for the error message.

    Raises:
        StorageError: its directory cannot be made or written, or the disk is full.
    """
    directory = path.parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("wb", dir=directory, prefix=f".{path.stem}-", delete=False) as draft:
            try:
                draft.write(text.encode())
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
            f"{path.name} could not be written to {directory}: {error}. "
            f"Free some space or give another place with {option}."
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
