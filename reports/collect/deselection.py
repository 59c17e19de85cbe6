"""What a run was asked for: paths, filters, and how many tests these left out.

Workers tell the controller at their end how many.
"""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import pytest

from iclgd_core.evidence.plain import Json

NAME = "iclgd-deselection"
KEY = "iclgd_deselected"

COUNTED = {"-k": "keyword", "-m": "markexpr", "--deselect": "deselect", "--stepwise": "stepwise"}
"""Options that leave out tests and count them: where none was left out they change nothing."""
UNCOUNTED = {"--ignore": "ignore", "--ignore-glob": "ignore_glob", "--last-failed": "lf"}
"""Options that leave out files, which nobody counts."""


class Deselection:
    """Counts in this process; on a worker the count goes to the controller, which takes the largest.

    Every worker collects all tests and leaves out the same ones. A path or a node id leaves out without deselecting:
    what that takes from a family shows in the number of its members (see `reports.collect.families`).

    Attributes:
        count: the number; None where neither this process nor a worker collected to its end.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counted = 0
        self.count: int | None = None

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count."""
        self._counted += len(items)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Settle the count of this process; a worker notes it, so that its end carries it over."""
        self.count = self._counted
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[KEY] = self._counted

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker counted; one that was killed sends nothing."""
        output = getattr(node, "workeroutput", None)
        found = output.get(KEY) if isinstance(output, dict) else None
        if isinstance(found, int):
            self.count = max(found, self.count or 0)


def selection_of(config: pytest.Config, deselected: int | None) -> dict[str, Json]:
    """Return {"paths", "filters"} of a run.

    Args:
        config: of the run.
        deselected: number of tests that were collected and left out; None where nobody told.

    Returns:
        Paths and node ids as they were given, modules as paths, relative to the root directory; names of the options
        that left out tests, or may have.
    """
    given = [name for name, option in COUNTED.items() if config.getoption(option, None)]
    filters = [] if deselected == 0 else given or ([] if deselected is None else ["a plugin"])
    filters += [name for name, option in UNCOUNTED.items() if config.getoption(option, None)]
    named = config.getoption("pyargs", False)
    paths = [_relative(config, _located(arg) if named else arg) for arg in config.args]
    return {"paths": list(paths), "filters": list(filters)}


def _located(arg: str) -> str:
    """Return the path of a module that is given by its name (`--pyargs`); what is no module is a path."""
    name, colons, rest = arg.partition("::")
    try:
        spec = find_spec(name)
    except (AttributeError, ImportError, ValueError):  # no name, or of nothing
        return arg
    path = None if spec is None else next(iter(spec.submodule_search_locations or ()), spec.origin)
    return (path or name) + colons + rest


def _relative(config: pytest.Config, arg: str) -> str:
    path, colons, rest = arg.partition("::")
    relative = os.path.relpath(config.invocation_params.dir / path, config.rootpath).replace(os.sep, "/")
    return ("" if relative == "." else relative) + colons + rest
