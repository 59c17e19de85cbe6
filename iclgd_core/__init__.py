"""How things are computed: tasks, models, learners, metrics, statistics, evidence.

Imports none of the other folders of the project, and never pytest.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("iclgd")
except PackageNotFoundError:  # run from a checkout that was not installed
    __version__ = "0+checkout"

__all__ = ["__version__"]
