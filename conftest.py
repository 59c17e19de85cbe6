"""Wiring: the plugin modules of the project, in the order in which they are loaded."""

from fixtures.environment import set_defaults

set_defaults()  # before any plugin imports what reads these variables

pytest_plugins = [
    "pytester",
    "fixtures.options",
    "fixtures.devices",
    "fixtures.available",
    "fixtures.selection",
    "fixtures.judge",
    "fixtures.registered",
    "fixtures.progress",
    "fixtures.bench",
    "fixtures.arguments.plugin",
    "fixtures.paper_marks",
    "fixtures.episodes",
    "reports.plugin",
    "reports.progress",
    "reports.survival",
    "reports.redaction",
]
