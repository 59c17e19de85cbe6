"""Fetching the files of a model that are read, and nothing else, into the cache of huggingface_hub."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
from tqdm.auto import tqdm  # type: ignore[import-untyped]

from iclgd_core.errors import IclgdError, StorageError
from iclgd_core.hub.cache import RepoType, cache_root, cached_commit, remember, snapshot
from iclgd_core.hub.client import api, patience, patiently, translated
from iclgd_core.hub.files import INDEX, SHARD, files_of, shards, wanted
from iclgd_core.hub.integrity import RemoteFile, check_arrived
from iclgd_core.hub.refusals import HubError, UnreachableError
from iclgd_core.hub.source import COMMIT, HubId

SPARE_BYTES = 2 * 10**9
"""Room on the disk that is left to measurements and reports."""

FILES_AT_ONCE = 4

Progress = Callable[[str, int, int], None]
"""Told what is being fetched, the bytes that have come, and the bytes that will."""


def unseen(what: str, done: int, total: int) -> None:
    """Show no progress."""


def ask(repo: str, revision: str, kind: RepoType = "model", late: int = 1) -> tuple[str, dict[str, RemoteFile]]:
    """Return the commit that a revision stands for, and the files of that commit.

    Args:
        repo: owner/name.
        revision: branch, tag or commit.
        kind: of repository.
        late: repetitions after a time-out, as `client.patiently`.

    Raises:
        HubError, GatedError: as `client.translated`.
    """
    client = api()
    try:
        info = patiently(
            lambda: client.repo_info(repo, repo_type=kind, revision=revision, files_metadata=True, timeout=patience()),
            late,
        )
    except Exception as error:  # whatever a client of a network can raise
        raise translated(error, repo, kind, revision) from error
    commit = str(info.sha or "")
    if not COMMIT.fullmatch(commit):
        raise HubError(f"the Hub names no commit for {kind} {repo!r} at {revision!r}. Check HF_ENDPOINT.")
    files = {
        one.rfilename: RemoteFile(int(one.size or 0), one.lfs.sha256 if one.lfs else "", one.blob_id or "")
        for one in getattr(info, "siblings", None) or ()
    }
    return commit, files


def fetch_model(hub: HubId, progress: Progress = unseen, thorough: bool = False) -> tuple[Path, str]:
    """Have the files of a model in the cache; return the folder of its commit, and the commit.

    What is there already is not fetched again. Where the Hub cannot be reached, the commit that the revision stood for
    last is used if all its files are there.

    Args:
        hub: repository and revision.
        progress: told of bytes.
        thorough: check the content of files that were there already, too.

    Raises:
        HubError, GatedError, ModelError, StorageError: with what to do next.
    """
    where = f"model {str(hub)!r}"
    there = _complete(hub, where)
    if there and not thorough and COMMIT.fullmatch(hub.revision):
        return there
    try:
        commit, files = ask(hub.repo, hub.revision, late=0 if there else 1)
    except UnreachableError:
        if there:
            return there
        raise
    names = wanted(files, where)
    folder = snapshot(hub.repo, commit)
    if INDEX in names:
        fetch_files(hub.repo, commit, {INDEX: files[INDEX]}, thorough=thorough)
        named = shards(folder / INDEX)
        lost = [name for name in named if name not in files]
        if lost:
            raise HubError(f"{where} lists the weight file {lost[0]}, which the repository does not have.")
        names = (*names, *named)
    fetch_files(hub.repo, commit, {name: files[name] for name in names}, progress=progress, thorough=thorough)
    note(hub.repo, hub.revision, commit)
    return folder, commit


def _complete(hub: HubId, where: str) -> tuple[Path, str] | None:
    """Return folder and commit of a model in the cache, or None where some file of it is not there."""
    commit = cached_commit(hub.repo, hub.revision)
    if not commit:
        return None
    folder = snapshot(hub.repo, commit)
    try:
        files_of(folder, where)
    except IclgdError:
        return None
    return folder, commit


def fetch_files(
    repo: str,
    commit: str,
    files: Mapping[str, RemoteFile],
    kind: RepoType = "model",
    progress: Progress = unseen,
    thorough: bool = False,
) -> None:
    """Have files of a commit in the cache, each with the size and the hash that the Hub announced.

    Raises:
        HubError: a file that is not what was announced; it is taken out of the cache.
        HubError, GatedError, StorageError: as `client.translated`; too little room on the disk.
    """
    folder = snapshot(repo, commit, kind)
    there = {name for name in files if (folder / name).is_file()}
    missing = [name for name in files if name not in there]
    total = sum(files[name].size for name in missing)
    if missing:
        check_room(total, f"{kind} {repo!r}")
        bar = _counting(lambda done: progress(repo, done, total))

        def fetch(name: str) -> None:
            hf_hub_download(repo, name, repo_type=kind, revision=commit, etag_timeout=patience(), tqdm_class=bar)

        try:
            # asked once beforehand: a file that is refused or a server that hangs shows here, in one time-out
            url = hf_hub_url(repo, missing[0], repo_type=kind, revision=commit)
            patiently(lambda: get_hf_file_metadata(url, timeout=patience()))
            with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
                list(pool.map(fetch, missing))
        except Exception as error:  # whatever a client of a network can raise
            raise translated(error, repo, kind, commit) from error
    for name in files if thorough else missing:
        check_arrived(folder / name, files[name], f"{kind} {repo!r}")


def note(repo: str, revision: str, commit: str, kind: RepoType = "model") -> None:
    """Note in the cache what a revision stands for (see `cache.remember`).

    Raises:
        StorageError: the cache cannot be written.
    """
    try:
        remember(repo, revision, commit, kind)
    except OSError as error:
        raise translated(error, repo, kind) from error


def check_room(needed: int, what: str, root: Path | None = None, variable: str = "HF_HUB_CACHE") -> None:
    """Refuse what the disk has no room for.

    Args:
        needed: bytes.
        what: needs them, for the error.
        root: where they go; None: the Hub's cache.
        variable: the one of the environment that names `root`.

    Raises:
        StorageError: it has less than `needed` and SPARE_BYTES.
    """
    root = at = cache_root() if root is None else root
    while not at.exists():
        at = at.parent
    free = shutil.disk_usage(at).free
    if needed + SPARE_BYTES > free:
        raise StorageError(
            f"{what} needs {needed / 1e9:.1f} GB in {root}, and {SPARE_BYTES / 1e9:.0f} GB are left spare, but "
            f"{free / 1e9:.1f} GB are free. Make room, or set {variable} to a folder on a larger disk."
        )


def to_fetch(hub: HubId) -> int:
    """Return the bytes that `fetch_model` would fetch, from what the Hub announces.

    Raises:
        HubError, GatedError, ModelError: as `fetch_model`.
    """
    commit, files = ask(hub.repo, hub.revision)
    names = set(wanted(files, f"model {str(hub)!r}"))
    if INDEX in names:
        names |= {name for name in files if SHARD.fullmatch(name)}
    folder = snapshot(hub.repo, commit)
    return sum(files[name].size for name in names if not (folder / name).is_file())


def _counting(tell: Callable[[int], None]) -> type[tqdm]:
    """Return a progress bar that draws nothing and tells how many bytes of all files have come."""
    lock, done = Lock(), 0

    class Counting(tqdm):  # type: ignore[misc]  # untyped
        def __init__(self, *args: object, **kwargs: object) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal done
            with lock:
                done += int(n or 0)
                tell(done)
            return None

    return Counting
