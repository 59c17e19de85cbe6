"""GGUF files that were dequantised are kept as folders, by the SHA-256 of the file.

They lie beside the Hub's models, in the folder that huggingface_hub has for what other libraries make of them
(HF_ASSETS_CACHE, or assets/ in HF_HOME): iclgd/gguf/<SHA-256>-<edition>.
"""

import hashlib
import json
import os
import shutil
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

from huggingface_hub import constants

from iclgd_core.errors import IclgdError, StorageError
from iclgd_core.hub.download import check_room
from iclgd_core.hub.files import WEIGHTS
from iclgd_core.hub.gguf.header import Header, read_header, refusal
from iclgd_core.hub.gguf.origin import Origin
from iclgd_core.hub.gguf.packages import PACKAGED
from iclgd_core.hub.gguf.writing import bytes_of, write_folder
from iclgd_core.hub.strict_json import read_object

EDITION = 1
"""Raised when the same file gives other weights or other token ids than before."""

ORIGIN, WEIGHTS_HASH = "origin.json", "weights_sha256"


def kept_root() -> Path:
    """Return the folder that holds the folders."""
    return Path(constants.HF_ASSETS_CACHE).expanduser() / "iclgd" / "gguf"


def kept(sha256: str, thorough: bool = False) -> Path | None:
    """Return the folder that was made of a file, if it is there.

    Args:
        sha256: of the file.
        thorough: check the content of the weights, too; a folder that was damaged is removed.
    """
    folder = kept_root() / f"{sha256}-{EDITION}"
    if not folder.is_dir():
        return None
    if thorough and not _whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return folder


def origin_of(folder: Path) -> Origin:
    """Return what one of the folders was made from.

    Raises:
        ModelError: it does not say so.
    """
    return Origin.read(read_object(folder / ORIGIN))


def keep(path: Path, thorough: bool = False) -> Path:
    """Return the folder of a GGUF file; it is dequantised if that has not been done before.

    The folder is written under another name and renamed when it is whole: a process that is killed leaves none.

    Args:
        path: of the file.
        thorough: as `kept`.

    Raises:
        ModelError: a file that cannot be read (see `read_header`, `write_folder`).
        MissingGgufError: the package `gguf` is not installed.
        StorageError: the folder cannot be written; too little room on the disk.
    """
    try:
        sha256 = file_hash(path)
    except OSError as error:
        raise refusal(path, str(error)) from error
    if (there := kept(sha256, thorough)) is not None:
        return there
    header = read_header(path)
    known = next((one for one in PACKAGED.values() if one.sha256 == sha256), None)
    licence, base = (known.licence, known.base) if known else (_said(header, "license"), _said(header, "name"))
    origin = Origin(path.name, sha256, header.quantisation, licence, base)
    root = kept_root()
    making, folder = root / f".{sha256}-{token_hex(8)}", root / f"{sha256}-{EDITION}"
    check_room(bytes_of(header), f"the model in {path}", root, "HF_ASSETS_CACHE")
    try:
        making.mkdir(parents=True)
        noted = origin.wire() | {WEIGHTS_HASH: write_folder(path, header, making)}
        (making / ORIGIN).write_text(json.dumps(noted, indent=1), encoding="utf-8")
        try:
            os.rename(making, folder)
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
    except IclgdError:
        raise
    except OSError as error:
        raise StorageError(
            f"{path} cannot be dequantised into {root}: {error.strerror or error}. Make room there, or set "
            "HF_ASSETS_CACHE to another folder."
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file; it is computed again when size or time of the last change differ.

    Raises:
        OSError: it cannot be read.
    """
    facts = path.stat()
    return _hashed(path.resolve(), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _hashed(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _whole(folder: Path) -> bool:
    try:
        return file_hash(folder / WEIGHTS) == read_object(folder / ORIGIN).get(WEIGHTS_HASH)
    except (IclgdError, OSError):
        return False


def _said(header: Header, key: str) -> str:
    value = header.metadata.get(f"general.{key}", "")
    return value[:200] if isinstance(value, str) else ""
