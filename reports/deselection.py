"""How many collected tests a run left out by `-k`, `-m` or `--deselect`; workers tell the controller at their end."""

from collections.abc import Sequence
from typing import Any

import pytest

NAME = "iclgd-deselection"
KEY = "iclgd_deselected"


class Deselection:
    """Counts in this process; on a worker the count goes to the controller, which takes the largest.

    Every worker collects all tests and leaves out the same ones. A path or a node id leaves out without deselecting:
    what that takes from a family shows in the number of its members (see `reports.families`).

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
