"""Where a model comes from: what its name means, without looking at any file of it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.hub.gguf.origin import Origin
from iclgd_core.hub.gguf.packages import PACKAGED, Packaged
from iclgd_core.models.embedded import CONTROLS, SHUFFLED, TRAINED, UNTRAINED, embedded_names, embedded_path

Kind = Literal["embedded", "directory", "hub", "gguf"]

DEFAULT_REVISION = "main"

COMMIT = re.compile(r"[0-9a-f]{40}")
"""A whole commit hash, which always means the same files."""

_REPO = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w.+-]*(?:/[A-Za-z0-9][\w.+-]*)*", re.ASCII)
_FORMS = (
    "Or give a directory with config.json and model.safetensors, a GGUF file, or a model of the Hub as "
    "owner/name or owner/name@revision."
)
GGUF = ".gguf"


@dataclass(frozen=True)
class HubId:
    """A repository of the Hub at a revision.

    Attributes:
        repo: owner/name, or a name of one part (`gpt2`).
        revision: branch, tag or commit hash.
    """

    repo: str
    revision: str = DEFAULT_REVISION

    def __str__(self) -> str:
        return self.repo if self.revision == DEFAULT_REVISION else f"{self.repo}@{self.revision}"


@dataclass(frozen=True)
class GgufFile:
    """A model in one GGUF file, which is dequantised into a folder once.

    Attributes:
        name: as it was asked for.
        path: of a file on this machine.
        packaged: in its place, a file that a Python package ships.
    """

    name: str
    path: Path = Path()
    packaged: Packaged | None = None


@dataclass(frozen=True)
class ModelSource:
    """A model whose files are on this machine.

    Attributes:
        name: as it was asked for.
        kind: "embedded", "directory", "hub" or "gguf".
        path: the folder that holds config.json; for a Hub model, the snapshot of its commit.
        repo, revision, commit: of a Hub model: repository, revision as asked for, commit hash; else empty.
        origin: of a folder that was made of a GGUF file: that file.
    """

    name: str
    kind: Kind
    path: Path
    repo: str = ""
    revision: str = ""
    commit: str = ""
    origin: Origin | None = None

    @property
    def untrained(self) -> bool:
        """Whether only the architecture is taken, and the weights are drawn from a seed."""
        return self.kind == "embedded" and self.name.startswith(UNTRAINED)

    @property
    def shuffled(self) -> bool:
        """Whether the entries of each weight tensor are put into an order drawn from a seed."""
        return self.kind == "embedded" and self.name.startswith(SHUFFLED)


def parse(name: str) -> ModelSource | GgufFile | HubId:
    """Return what a name means: a folder or GGUF file on this machine or of a package, or a repository of the Hub.

    An embedded name comes first, then the name of a package's file, then an existing directory or GGUF file, then the
    Hub; so `owner/name` means a directory of that name where there is one.

    Raises:
        UnknownNameError: none of them.
        ModelError: a path that leads nowhere.
    """
    if name in embedded_names():
        return ModelSource(name, "embedded", embedded_path(name))
    if name in PACKAGED:
        return GgufFile(name, packaged=PACKAGED[name])
    if (path := existing_folder(name)) is not None:
        return ModelSource(name, "directory", path)
    if name.endswith(GGUF):
        if (path := existing_file(name)) is not None:
            return GgufFile(name, path)
        raise ModelError(f"no such file: {name[:400]}.{_beside(name)} Give the path of a GGUF file on this machine.")
    if name.startswith(("/", "./", "../", "~")):
        raise ModelError(f"no such directory: {name}.{_beside(name)} Give one with config.json and model.safetensors.")
    hub = hub_id(name)
    if hub is None or ("/" not in name and name.startswith((TRAINED, *CONTROLS))):
        raise UnknownNameError("model", name, (*embedded_names(), *PACKAGED), _FORMS)
    return hub


def existing_folder(name: str) -> Path | None:
    """Return the folder that a name means, if there is one."""
    path = _existing(name)
    return path if path is not None and path.is_dir() else None


def existing_file(name: str) -> Path | None:
    """Return the file that a name means, if there is one."""
    path = _existing(name)
    return path if path is not None and path.is_file() else None


def _existing(name: str) -> Path | None:
    try:
        path = Path(name).expanduser()
        return path if name and path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a null byte
        return None


def _beside(name: str) -> str:
    """Return the directories and GGUF files beside a path that leads nowhere whose names are like its own."""
    try:
        path = Path(name).expanduser()
        there = [one.name for one in path.parent.iterdir() if one.name.endswith(GGUF) or one.is_dir()]
        near = get_close_matches(path.name, there)
    except (OSError, RuntimeError, ValueError):
        return ""
    return f" Nearest there: {', '.join(near)}." if near else ""


def hub_id(name: str) -> HubId | None:
    """Return the repository and revision that a name of the form owner/name[@revision] means; None for other forms."""
    repo, at, revision = name.partition("@")
    revision = revision if at else DEFAULT_REVISION
    fits = _REPO.fullmatch(repo) and _REVISION.fullmatch(revision) and len(revision) <= 200
    if not fits or ".." in name or "--" in repo or repo.endswith(".git"):
        return None
    return HubId(repo, revision)
