"""The header of a report: versions, platform, commit, times. Asked for once, when the run is over."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from iclgd_core.evidence.code_version import VERSION, commit
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.run_options import RunOptions

PACKAGES = ("torch", "transformers", "numpy", "scipy", "pytest", "pytest-xdist")


def now() -> str:
    """Return the time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, Json]:
    """Return the versions of what computed the numbers; None for a package that is not installed."""
    found: dict[str, Json] = {"python": platform.python_version(), "iclgd": VERSION}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


_STARTS: dict[Path, dict[str, Json]] = {}


def note_start(root: Path) -> None:
    """Note commit and dirtiness when a run begins, so that a change in the middle of it shows."""
    _STARTS[root] = commit(root)


def commit_of_run(root: Path) -> dict[str, Json]:
    """Return the commit that a run began with; dirty if it was so at the start, or is now, or the commit moved."""
    now_there = commit(root)
    start = _STARTS.get(root, now_there)
    if None in (start["dirty"], now_there["dirty"]):
        return {"commit": start["commit"], "dirty": None}
    moved = start["commit"] != now_there["commit"]
    return {"commit": start["commit"], "dirty": bool(start["dirty"] or now_there["dirty"] or moved)}


def header(root: Path, started: str, workers: int, options: RunOptions) -> dict[str, Json]:
    """Return what holds for any run; plugins add their part through the hook `pytest_iclgd_run`."""
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        **commit_of_run(root),
        "started": started,
        "finished": now(),
        "workers": workers,
        **options.header(),
    }


def resolved(run: Mapping[str, Json], name: str) -> Json:
    """Return one resolved option from a header; None if no plugin put it there."""
    options = run.get("options")
    found = options.get("resolved") if isinstance(options, dict) else None
    return found.get(name) if isinstance(found, dict) else None


def resolved_names(run: Mapping[str, Json], name: str) -> list[str]:
    """Return the names that a repeatable option was given, from a header; none where it holds its default."""
    value = resolved(run, name)
    return [str(one) for one in value] if isinstance(value, list) else []
