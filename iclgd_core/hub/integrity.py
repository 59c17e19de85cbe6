"""Whether a file that came is the one that the Hub announced."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from iclgd_core.hub.cache import cache_root
from iclgd_core.hub.refusals import HubError


@dataclass(frozen=True)
class RemoteFile:
    """A file as the Hub announces it.

    Attributes:
        size: in bytes.
        sha256: of its content, for large files; else empty.
        blob: git's hash of its content, for small files.
    """

    size: int
    sha256: str
    blob: str


def check_arrived(path: Path, announced: RemoteFile, what: str) -> None:
    """Compare a file with what the Hub announced; where it differs, take it out of the cache and say so.

    Raises:
        HubError: its size or hash is another one.
    """
    wrong = ""
    if not path.is_file():
        wrong = "it did not arrive"
    elif (size := path.stat().st_size) != announced.size:
        wrong = f"it has {size:,} bytes, and {announced.size:,} were announced"
    elif announced.sha256 and _sha256(path) != announced.sha256:
        wrong = "its SHA-256 is not the one that was announced"
    elif announced.blob and not announced.sha256 and _git_hash(path) != announced.blob:
        wrong = "its hash is not the one that was announced"
    if not wrong:
        return
    blob = path.resolve()
    path.unlink(missing_ok=True)
    if blob.is_relative_to(cache_root().resolve()):
        blob.unlink(missing_ok=True)
    raise HubError(
        f"{what}: {path.name} is damaged: {wrong}. It was taken out of the cache; type it again to fetch it anew."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_hash(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
