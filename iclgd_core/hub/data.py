"""Data sets of the Hub that tasks need: whether they are in the cache, and fetching them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from iclgd_core.hub.cache import cached_commit, snapshot
from iclgd_core.hub.download import Progress, ask, fetch_files, note, unseen
from iclgd_core.hub.integrity import RemoteFile
from iclgd_core.hub.refusals import HubError, NotCachedError, UnreachableError
from iclgd_core.hub.source import DEFAULT_REVISION


class DataRepository(Protocol):
    """Where a task's rows stand on the Hub, as the task says it."""

    @property
    def repository(self) -> str:
        """owner/name."""

    @property
    def revision(self) -> str | None:
        """Branch, tag or commit hash; None for the default branch."""

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """(split, pattern of its files) each."""


@dataclass(frozen=True)
class HubData:
    """Files of a data set.

    Attributes:
        task: name of the task that needs them.
        repo, revision: repository and branch, tag or commit hash.
        patterns: of the names of its files; each must match one.
    """

    task: str
    repo: str
    revision: str
    patterns: tuple[str, ...]


def data_of(task: object) -> HubData | None:
    """Return what a task needs of the Hub; None for one that needs nothing (GINC, a local folder)."""
    source = getattr(task, "source", None)
    where: DataRepository | None = getattr(source, "hub", None)
    if where is None or getattr(task, "data", None) is not None or getattr(source, "folder", None) is not None:
        return None
    name = str(getattr(task, "name", where.repository))
    patterns = tuple(pattern for _, pattern in where.files)
    return HubData(name, where.repository, where.revision or DEFAULT_REVISION, patterns)


def cached_data(data: HubData) -> Path:
    """Return the folder of a data set in the cache.

    Raises:
        NotCachedError: it is not there, or not whole.
    """
    commit = cached_commit(data.repo, data.revision, "dataset")
    folder = snapshot(data.repo, commit, "dataset") if commit else None
    if folder is None or not all(any(folder.glob(pattern)) for pattern in data.patterns):
        raise NotCachedError([f"data set {data.repo} at {data.revision[:12]} (task {data.task})"], tasks=[data.task])
    return folder


def fetch_data(data: HubData, progress: Progress = unseen, *, thorough: bool = False) -> Path:
    """Have the files of a data set in the cache; return their folder, whose name is the commit.

    Raises:
        HubError, GatedError, StorageError: with what to do next.
    """
    try:
        there = cached_data(data)
    except NotCachedError:
        there = None
    try:
        commit, files = ask(data.repo, data.revision, "dataset", late=0 if there else 1)
    except UnreachableError:
        if there:
            return there
        raise
    fetch_files(data.repo, commit, _matching(data, files), "dataset", progress, thorough)
    note(data.repo, data.revision, commit, "dataset")
    return snapshot(data.repo, commit, "dataset")


def _matching(data: HubData, files: dict[str, RemoteFile]) -> dict[str, RemoteFile]:
    found: dict[str, RemoteFile] = {}
    for pattern in data.patterns:
        names = [name for name in files if fnmatchcase(name, pattern) and ".." not in name.split("/")]
        if not names:
            raise HubError(
                f"data set {data.repo!r} at {data.revision[:12]} has no file {pattern!r} (task {data.task!r}). Another "
                "revision may have it, or give the files as a folder with --iclgd-data DIR."
            )
        found |= {name: files[name] for name in names}
    return found


def all_data(tasks: Sequence[object]) -> tuple[HubData, ...]:
    """Return what some tasks need of the Hub, each once."""
    return tuple(dict.fromkeys(data for task in tasks if (data := data_of(task)) is not None))
