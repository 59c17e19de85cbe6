"""Checkpoints of one training run, from early to late: revisions of a repository, or folders in a folder."""

import re
from collections.abc import Sequence

from iclgd_core.errors import UnknownNameError
from iclgd_core.hub.cache import cached_revisions
from iclgd_core.hub.client import online, revisions
from iclgd_core.hub.families import PREFIX, family
from iclgd_core.hub.files import CONFIG
from iclgd_core.hub.refusals import NotCachedError, RevisionError
from iclgd_core.hub.source import HubId, existing_folder, hub_id
from iclgd_core.models.embedded import embedded_names

LATE = 0.5
"""Share of training after which a checkpoint is late."""

_FOLDERS = (("steps", re.compile(r"(\d+)")), (".", re.compile(r"(?:step_?|checkpoint-)(\d+)")))
"""Where a training run leaves its checkpoints: DIR/steps/1000, DIR/step1000, DIR/checkpoint-1000."""

Member = tuple[str, int]
"""Name of a checkpoint, as `resolve_model` takes it, and its training step."""


def is_series(name: str) -> bool:
    """Return whether a name is a pattern of revisions, owner/name@step*."""
    return "*" in name.partition("@")[2]


def series(name: str, at_most: int = 0) -> tuple[Member, ...]:
    """Return the checkpoints of a training run, by training step, ascending.

    Args:
        name: owner/name@PATTERN of the Hub, a directory, or an embedded name. In PATTERN the first `*` is the training
            step, a further one any text: `step*`, `stage1-step*-tokens*`. The Hub is asked for its branches and tags;
            where it may not be, those in the cache count.
        at_most: keep so many, evenly spaced over the late part of training (see `thinned`); 0 for all.

    Returns:
        Each member's name and step; empty for a directory or embedded model without checkpoints.

    Raises:
        UnknownNameError: a name of none of these forms.
        RevisionError: no branch or tag fits the pattern.
        NotCachedError: the Hub may not be asked, and no fitting revision is in the cache.
        HubError, GatedError: the Hub failed or refused.
    """
    if is_series(name):
        found = _revisions(name)
    elif name in embedded_names():
        found = [(one, int(one.partition("@")[2])) for one in embedded_names() if one.startswith(f"{name}@")]
    else:
        found = _folders(name)
    members = tuple(sorted(found, key=lambda member: (member[1], member[0])))
    return thinned(members, at_most) if at_most else members


def thinned(members: Sequence[Member], at_most: int) -> tuple[Member, ...]:
    """Return at most so many of the late checkpoints, evenly spaced by training step, the last one included.

    Late are those of step >= LATE x the last step. For each of `at_most` evenly spaced steps from there to the last,
    the nearest checkpoint is taken, once.

    Args:
        members: ascending.
        at_most: 1 or more.
    """
    if not members:
        return ()
    last = members[-1][1]
    late = [member for member in members if member[1] >= LATE * last]
    if len(late) <= at_most:
        return tuple(late)
    marks = [last - (1 - LATE) * last * i / max(1, at_most - 1) for i in range(at_most)]
    nearest = {min(range(len(late)), key=lambda i, mark=mark: (abs(late[i][1] - mark), -i)) for mark in marks}  # type: ignore[misc]
    return tuple(late[i] for i in sorted(nearest))


CHECKPOINTS = 8
"""Checkpoints of a series that a run measures: so many, late and evenly spaced, judge the claim."""


def subjects(names: Sequence[str]) -> tuple[str, ...]:
    """Return the models that names stand for in claims about one model: a family's members, a series' repository.

    Raises:
        UnknownNameError: as `family`.
    """
    out: list[str] = []
    for name in names:
        out += family(name) if name.startswith(PREFIX) else [name.partition("@")[0] if is_series(name) else name]
    return tuple(dict.fromkeys(out))


def expand(names: Sequence[str], at_most: int = 0) -> tuple[str, ...]:
    """Return all models that a run on some names needs, each once: `subjects`, and the checkpoints of every series.

    Raises:
        UnknownNameError, HubError, GatedError: as `family` and `series`.
    """
    checkpoints = [member for name in names if is_series(name) for member, _ in series(name, at_most)]
    return tuple(dict.fromkeys((*subjects(names), *checkpoints)))


def _revisions(name: str) -> list[Member]:
    repo, _, pattern = name.partition("@")
    hub, fits = _parsed(name, repo, pattern)
    there = list(revisions(hub.repo)) if online() else list(cached_revisions(hub.repo))
    found = [(f"{hub.repo}@{one}", int(match[1])) for one in there if (match := fits.fullmatch(one))]
    if not found and not online():
        raise NotCachedError([f"any checkpoint of {hub.repo} that fits {pattern!r}"], models=[name])
    if not found:
        shown = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")
        raise RevisionError(f"no branch or tag of {hub.repo!r} fits {pattern!r}. It has {shown}.")
    return found


def _parsed(name: str, repo: str, pattern: str) -> tuple[HubId, re.Pattern[str]]:
    hub = hub_id(f"{repo}@{pattern.replace('*', '0')}")
    if hub is None or re.search(r"\*\*|\*\d|\d\*", pattern):
        raise UnknownNameError(
            "series of checkpoints", name, ["owner/name@step*"], "The first * stands for the training step alone."
        )
    first, *others = map(re.escape, pattern.split("*"))
    return hub, re.compile(first + r"(\d{1,18})" + r"[\w.+-]*".join(others), re.ASCII)


def _folders(name: str) -> list[Member]:
    root = existing_folder(name)
    if root is None:
        raise UnknownNameError(
            "series of checkpoints",
            name,
            ["owner/name@step*"],
            "Or give a directory with steps/1000, step1000 or checkpoint-1000.",
        )
    return [
        (str(path), int(match[1]))
        for below, pattern in _FOLDERS
        if (root / below).is_dir()
        for path in (root / below).iterdir()
        if (match := pattern.fullmatch(path.name)) and (path / CONFIG).is_file()
    ]
