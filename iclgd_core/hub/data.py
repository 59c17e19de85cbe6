"""Data sets of the Hub that tasks need: whether they are in the cache, and fetching them."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from iclgd_core.hub.cache import cached_commit, repo_folder, snapshot
from iclgd_core.hub.client import translated
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
    if folder is None or not all(any(folder.glob(pattern)) for pattern in data.patterns) or _unfinished(data, commit):
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
    wanted, folder = _matching(data, files), snapshot(data.repo, commit, "dataset")
    if not all((folder / name).is_file() for name in wanted):  # else nothing is written: the cache may be read-only
        _put_down(data, commit, wanted)
    fetch_files(data.repo, commit, wanted, "dataset", progress, thorough)
    note(data.repo, data.revision, commit, "dataset")
    return folder


def _list(data: HubData, commit: str) -> Path:
    return repo_folder(data.repo, "dataset") / f".iclgd-{commit}.json"


def _put_down(data: HubData, commit: str, files: Iterable[str]) -> None:
    """Write the names of a commit's files into the cache before they are fetched: a pattern alone does not tell them.

    Raises:
        StorageError: the cache cannot be written.
    """
    path = _list(data, commit)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
            json.dump(sorted({*_known(path), *files}), file)
        os.replace(file.name, path)
    except OSError as error:
        raise translated(error, data.repo, "dataset") from error


def _known(path: Path) -> list[str]:
    """Return the names in a list; none where there is no list, as where another program fetched the files."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def _unfinished(data: HubData, commit: str) -> bool:
    """Return whether a fetch ended before all files were there."""
    names = [name for name in _known(_list(data, commit)) if any(fnmatchcase(name, one) for one in data.patterns)]
    folder = snapshot(data.repo, commit, "dataset")
    return not all((folder / name).is_file() for name in names)


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
