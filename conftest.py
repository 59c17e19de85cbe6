"""Wiring: the plugin modules of the project, in a checkout that may be installed or not."""

from fixtures.environment import set_defaults
from iclgd_core.suite import PLUGINS

set_defaults()  # before any plugin imports what reads these variables

pytest_plugins = ["pytester", *PLUGINS]
