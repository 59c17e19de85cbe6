"""Wiring: the plugin modules of the project."""

from fixtures.environment import set_defaults
from fixtures.wiring import PLUGINS

set_defaults()  # before any plugin imports what reads these variables

pytest_plugins = [*PLUGINS]
