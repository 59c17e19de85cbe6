"""What of the Hub is in the local cache: that of huggingface_hub, whose layout is documented and shared by its users.

In the folder HF_HUB_CACHE/models--owner--name, `refs/<revision>` holds the commit hash that a branch or tag stood for,
and `snapshots/<commit>/<file>` is a link to `blobs/<hash of the content>`.
"""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from huggingface_hub import constants

from iclgd_core.hub.source import COMMIT

RepoType = Literal["model", "dataset"]


def cache_root() -> Path:
    """Return the folder of the cache (HF_HUB_CACHE, or hub/ in HF_HOME)."""
    return Path(constants.HF_HUB_CACHE).expanduser()


def repo_folder(repo: str, kind: RepoType = "model") -> Path:
    """Return the folder of a repository in the cache, whether or not it is there."""
    return cache_root() / "--".join([f"{kind}s", *repo.split("/")])


def snapshot(repo: str, commit: str, kind: RepoType = "model") -> Path:
    """Return the folder of a commit in the cache, whether or not it is there."""
    return repo_folder(repo, kind) / "snapshots" / commit


def cached_commit(repo: str, revision: str, kind: RepoType = "model") -> str:
    """Return the commit that a revision stood for when it was last fetched; empty where that is not known."""
    if COMMIT.fullmatch(revision):
        return revision if snapshot(repo, revision, kind).is_dir() else ""
    try:
        found = (repo_folder(repo, kind) / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return found if COMMIT.fullmatch(found) and snapshot(repo, found, kind).is_dir() else ""


def cached_revisions(repo: str, kind: RepoType = "model") -> tuple[str, ...]:
    """Return the branches and tags of a repository that have a commit in the cache, sorted."""
    refs = repo_folder(repo, kind) / "refs"
    names = sorted(path.relative_to(refs).as_posix() for path in refs.rglob("*") if path.is_file())
    return tuple(name for name in names if cached_commit(repo, name, kind))


def remember(repo: str, revision: str, commit: str, kind: RepoType = "model") -> None:
    """Note what a revision stands for, once all files of the commit are there; huggingface_hub reads the same note.

    Raises:
        OSError: the cache cannot be written.
    """
    if COMMIT.fullmatch(revision) or cached_commit(repo, revision, kind) == commit:
        return
    ref = repo_folder(repo, kind) / "refs" / revision
    ref.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=ref.parent, prefix=".", delete=False, encoding="ascii") as file:
        file.write(commit)
    os.replace(file.name, ref)
