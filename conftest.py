"""Wiring: the plugin modules of the project, in the order in which they are loaded."""

pytest_plugins = [
    "pytester",
    "fixtures.options",
    "fixtures.selection",
    "fixtures.judge",
    "fixtures.lab",
    "reports.plugin",
    "reports.progress",
    "reports.survival",
]
