"""Fixtures of the nested runs."""

import pytest

import reports.plugin
from fixtures import judge, options
from tests.plugin.project import MODES, Project

LOADED = (judge, options, reports.plugin)
"""Loaded here, so that a nested run in this process finds them, and numpy, in place."""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A nested project without claims."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    return Project(pytester)


@pytest.fixture(params=sorted(MODES))
def mode(request: pytest.FixtureRequest) -> str:
    """One way to run pytest."""
    chosen: str = request.param
    return chosen
