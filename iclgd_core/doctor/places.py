"""The folders that a run writes, and the embedded models that the default run needs."""

import shutil
import tempfile
from pathlib import Path
from tempfile import NamedTemporaryFile

from iclgd_core.devices import shown
from iclgd_core.devices.sizes import GIB
from iclgd_core.doctor.findings import Finding, Section
from iclgd_core.errors import IclgdError
from iclgd_core.hub import resolve_model
from iclgd_core.hub.cache import cache_root
from iclgd_core.models.embedded import MODELS_DIR, embedded_names

TIGHT = 2 * GIB
"""Less free space than this is worth a note."""

FOLDERS = {"measurements": Path(".iclgd/measurements"), "report": Path(".iclgd/report")}
"""Where a run writes unless told otherwise (--iclgd-cache, --iclgd-report), below the current directory."""


def places() -> Section:
    """Return whether folders can be written and have room, and whether the embedded models are there."""
    found = [
        _folder(f"{what} folder", Path.cwd() / where, f"give another with --iclgd-{option} DIR")
        for (what, where), option in zip(FOLDERS.items(), ("cache", "report"), strict=True)
    ]
    found.append(_folder("folder of temporary files", Path(tempfile.gettempdir()), "set TMPDIR to another"))
    hub = _folder("Hub cache", cache_root(), "set HF_HUB_CACHE to another")
    found.append(Finding(hub.name, hub.value, "note" if hub.state == "problem" else hub.state, hub.hint))
    found.append(_embedded())
    return Section("Folders", found)


def _folder(name: str, path: Path, hint: str) -> Finding:
    """Try the nearest folder that exists; nothing is left behind."""
    anchor = path
    while not anchor.exists() and anchor != anchor.parent:
        anchor = anchor.parent
    try:
        with NamedTemporaryFile(dir=anchor, prefix=".iclgd-probe-") as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
        free = shutil.disk_usage(anchor).free
    except OSError as error:
        return Finding(name, f"{path}: cannot be written ({error.strerror or error})", "problem", hint)
    told = f"{path}: writable, {shown(free)} free"
    return Finding(name, told, "note", f"little room; {hint}") if free < TIGHT else Finding(name, told)


def _embedded() -> Finding:
    names = embedded_names()
    hint = "run it in a checkout of the project, which holds them"
    if not names:
        return Finding("embedded models", f"none in {MODELS_DIR}", "problem", hint)
    try:
        for name in names:
            resolve_model(name)
    except IclgdError as error:
        return Finding("embedded models", str(error), "problem", hint)
    return Finding("embedded models", f"{len(names)}; a run without options needs nothing else")
