"""The hooks that reports offer to other plugins."""

from collections.abc import Sequence

import pytest

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.progress import Running
from iclgd_core.evidence.run_options import RunOptions


@pytest.hookspec
def pytest_iclgd_run(config: pytest.Config, run: dict[str, Json]) -> None:
    """Add to, or change, the header of the report; called on the controller.

    It is called when the first claim has started, for the journal, and again when the run is over, for the report.

    Recipe, in a conftest or plugin::

        @pytest.hookimpl(optionalhook=True)
        def pytest_iclgd_run(config, run):
            run["cluster"] = "two nodes"
    """


@pytest.hookspec(firstresult=True)
def pytest_iclgd_options(config: pytest.Config) -> RunOptions | None:
    """Return what the report has to know of the run's options; called on the controller, before any work."""


@pytest.hookspec
def pytest_iclgd_collected(config: pytest.Config, claims: Sequence[str]) -> None:
    """Note the tests that were collected and state a claim, by their node ids.

    Called on the controller, after the collection; with workers once for each of them, which collect the same.
    """


@pytest.hookspec(firstresult=True)
def pytest_iclgd_running(config: pytest.Config) -> list[Running] | None:
    """Return the claims whose tests run now, in all workers; called on the controller, from a thread of its own."""
