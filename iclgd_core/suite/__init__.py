"""Where the folders lie that hold the claims, judge them and report: one place for pytest, the command and conftest.py.

In a checkout (also `pip install -e .`) `claims`, `fixtures` and `reports` lie beside the core, under their own names. A
wheel has them in this package, so that it takes one name at the top alone. They import each other relatively, and run
under both names. Nothing heavy is imported here: pytest does so wherever the project is installed.
"""

from importlib.resources import files
from pathlib import Path

_HERE = Path(str(files(__name__)))
_INSTALLED = (_HERE / "fixtures").is_dir()

FOLDER = _HERE if _INSTALLED else _HERE.parents[1]
"""Holds `claims`, `fixtures` and `reports`."""

PREFIX = f"{__name__}." if _INSTALLED else ""
"""Stands before their names."""

PLUGINS = [
    f"{PREFIX}{name}"
    for name in (
        "fixtures.options",
        "fixtures.devices",
        "fixtures.available",
        "fixtures.selection",
        "fixtures.judge",
        "fixtures.registered",
        "fixtures.progress",
        "fixtures.resources",
        "fixtures.arguments.plugin",
        "fixtures.paper_marks",
        "fixtures.episodes",
        "fixtures.doctor.collection",
        "reports.plugin",
        "reports.progress",
        "reports.survival",
        "reports.redaction",
    )
]
"""The plugin modules of a run with claims, in the order in which they are loaded."""

pytest_plugins = [f"{PREFIX}fixtures.on_demand"]
"""What pytest loads through its entry point `pytest11`, which is this module."""
