"""From a model's name to its files: from the cache alone, or, once at the start of a run, from the Hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iclgd_core.errors import IclgdError, ModelError, NotRunError
from iclgd_core.hub.cache import cached_commit, cached_revisions, snapshot
from iclgd_core.hub.client import online
from iclgd_core.hub.data import HubData, cached_data, fetch_data
from iclgd_core.hub.download import Progress, fetch_model, unseen
from iclgd_core.hub.files import files_of
from iclgd_core.hub.gguf.sources import fetched, local
from iclgd_core.hub.refusals import HubError, NotCachedError, UnsafeModelError
from iclgd_core.hub.source import COMMIT, GgufFile, HubId, ModelSource, parse


def resolve_model(name: str, commit: str = "") -> ModelSource:
    """Return where the files of a model are on this machine. Nothing is downloaded; a GGUF file is dequantised once.

    Args:
        name: an embedded name, a directory, a GGUF file, or owner/name[@revision] of the Hub.
        commit: for a Hub model: the commit that the run has resolved `name` to; by default, the one that the revision
            stood for when it was last fetched.

    Raises:
        UnknownNameError: no such name.
        ModelError: a directory that holds no model; a GGUF file that cannot be read.
        MissingGgufError: a GGUF file, and the package `gguf` is not installed.
        UnsafeModelError: one that holds pickled weights alone, or leads out of itself.
        NotCachedError: a Hub model that is not, or not whole, in the cache; a package's file that is nowhere.
    """
    meant = parse(name)
    if isinstance(meant, GgufFile):
        meant = local(meant)
    if isinstance(meant, ModelSource):
        files_of(meant.path, repr(name))
        return meant
    found = cached_commit(meant.repo, commit or meant.revision)
    if not found:
        raise NotCachedError([_absent(meant, commit)], models=[name])
    path = snapshot(meant.repo, found)
    try:
        files_of(path, f"model {name!r} (commit {found[:12]} in the cache)")
    except UnsafeModelError:
        raise
    except ModelError as error:
        raise NotCachedError([f"model {name}: commit {found[:12]} is not whole: {error}"], models=[name]) from error
    return ModelSource(name, "hub", path, meant.repo, meant.revision, found)


def _absent(hub: HubId, commit: str) -> str:
    line = f"model {hub}" + (f" at commit {commit[:12]}" if commit else "")
    if hub.repo and "/" not in hub.repo:
        line += " (no embedded model and no directory of that name, so taken for one of the Hub)"
    others = [name for name in cached_revisions(hub.repo) if name != hub.revision]
    if others and not COMMIT.fullmatch(hub.revision):
        line += f"; of its revisions there are {', '.join(others[:8])}{', ...' if len(others) > 8 else ''}"
    return line


@dataclass(frozen=True)
class Availability:
    """What a run can use.

    Attributes:
        sources: each model's files, by the name that was asked for.
        not_run: why a model cannot be used though the run goes on without it (gated), by name.
    """

    sources: Mapping[str, ModelSource]
    not_run: Mapping[str, str] = field(default_factory=dict)

    @property
    def commits(self) -> dict[str, str]:
        """The commit of each Hub model, by the name that was asked for; what workers must resolve to."""
        return {name: source.commit for name, source in self.sources.items() if source.commit}


def ensure_available(
    names: Sequence[str], data: Sequence[HubData] = (), progress: Progress = unseen, *, thorough: bool = False
) -> Availability:
    """Have every model and data set of a run on this machine: download what is missing if the Hub may be asked.

    For the controller of a run, once, before workers start; these call `resolve_model` with the commit that was found
    here. A gated model is no error: its claims are not run, for the reason given.

    Args:
        names: of models, as the user gave them (see `series.expand` for patterns and families).
        data: what the tasks need (see `data.all_data`).
        progress: told of bytes.
        thorough: check the content of files that were there already, too.

    Raises:
        UnknownNameError, ModelError: as `resolve_model`.
        NotCachedError: nothing may be downloaded; it lists all that is missing.
        HubError: the Hub failed; it lists all failures.
    """
    sources: dict[str, ModelSource] = {}
    not_run: dict[str, str] = {}
    missing: list[NotCachedError] = []
    failed: list[IclgdError] = []
    for name in dict.fromkeys(names):
        try:
            sources[name] = _fetched(name, progress, thorough) if online() else resolve_model(name)
        except NotCachedError as error:
            missing.append(error)
        except NotRunError as error:
            not_run[name] = str(error)
        except HubError as error:
            failed.append(error)
    for one in data:
        try:
            if online():
                fetch_data(one, progress, thorough=thorough)
            else:
                cached_data(one)
        except NotCachedError as error:
            missing.append(error)
        except NotRunError as error:
            failed.append(HubError(str(error)).about("task"))
        except HubError as error:
            failed.append(error.about("task"))
    if missing:
        raise together(missing)
    if len(failed) > 1:
        head = f"{len(failed)} models or data sets could not be had from the Hub:"
        about = sorted({option for error in failed for option in error.options or ("model",)})
        raise HubError("\n".join([head, *map(_indented, failed)])).about(*about)
    if failed:
        raise failed[0]
    return Availability(sources, not_run)


def together(errors: Sequence[NotCachedError]) -> NotCachedError:
    """Return one error that lists what each of several does, with one command that gets it all."""
    return NotCachedError(
        [line for error in errors for line in error.missing],
        list(dict.fromkeys(model for error in errors for model in error.models)),
        list(dict.fromkeys(task for error in errors for task in error.tasks)),
    )


def _fetched(name: str, progress: Progress, thorough: bool) -> ModelSource:
    meant = parse(name)
    if isinstance(meant, GgufFile):
        return fetched(meant, progress, thorough)
    if isinstance(meant, ModelSource):
        return resolve_model(name)
    path, commit = fetch_model(meant, progress, thorough)
    return ModelSource(name, "hub", path, meant.repo, meant.revision, commit)


def _indented(error: IclgdError) -> str:
    return "  " + str(error).replace("\n", "\n  ")
