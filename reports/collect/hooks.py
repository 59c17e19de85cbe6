"""The hooks that reports offer to other plugins."""

from pathlib import Path

import pytest

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.progress import Running


@pytest.hookspec
def pytest_iclgd_run(config: pytest.Config, run: dict[str, Json]) -> None:
    """Add to, or change, the header of the report; called on the controller.

    It is called when the first claim has started, for the journal, and again when the run is over, for the report.
    The report reads three entries itself: `run["options"]["resolved"]["report"]`, the directory to write to,
    `run["options"]["resolved"]["plan"]`, whether nothing is claimed and nothing written, and
    `run["options"]["resolved"]["strict"]`, whether an inconclusive verdict fails the run.

    Recipe, in a conftest or plugin::

        @pytest.hookimpl(optionalhook=True)
        def pytest_iclgd_run(config, run):
            run["cluster"] = "two nodes"
    """


@pytest.hookspec(firstresult=True)
def pytest_iclgd_baseline(config: pytest.Config) -> Path | None:
    """Return the saved report that the run is to be held against, or None; called before anything is collected."""


@pytest.hookspec(firstresult=True)
def pytest_iclgd_running(config: pytest.Config) -> list[Running] | None:
    """Return the claims whose tests run now, in all workers; called on the controller, from a thread of its own."""
