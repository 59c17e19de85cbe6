"""The hooks that reports offer to other plugins."""

import pytest

from iclgd_core.evidence import Json


@pytest.hookspec
def pytest_iclgd_run(config: pytest.Config, run: dict[str, Json]) -> None:
    """Add to, or change, the header of the report; called on the controller when the run is over.

    The report reads two entries itself: `run["options"]["resolved"]["report"]`, the directory to write to,
    and `run["options"]["resolved"]["plan"]`, whether nothing is claimed and nothing written.

    Recipe, in a conftest or plugin::

        @pytest.hookimpl(optionalhook=True)
        def pytest_iclgd_run(config, run):
            run["cluster"] = "two nodes"
    """
