"""Which code it was: the version of the project, and the commit that is checked out."""

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from iclgd_core.evidence.plain import Json

GIT_SECONDS = 60
OF_A_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR")
"""Variables by which git, as in its hooks, would speak of another repository than the folder's."""

try:
    VERSION = version("iclgd")
except PackageNotFoundError:  # run from a checkout that was not installed
    VERSION = "0+checkout"


def commit(root: Path) -> dict[str, Json]:
    """Return the commit that is checked out in `root` and whether files differ; None where git cannot say.

    A copy that was unpacked inside another repository, which tracks none of its files, has no commit: that of the
    repository around it says nothing about it.
    """
    head = _git(root, "rev-parse", "HEAD") if _git(root, "ls-files", "--", ".") else None
    status = None if head is None else _git(root, "status", "--porcelain", "--", ".")
    return {"commit": head, "dirty": None if status is None else bool(status)}


def _git(root: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  (a fixed command)
            [git, "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
            env={name: value for name, value in os.environ.items() if name not in OF_A_REPOSITORY},
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
