"""Fixtures of the nested runs."""

from collections.abc import Iterator

import execnet.gateway_io
import pytest

import reports.plugin
from fixtures import judge, options
from tests.plugin.project import MODES, Project
from tests.plugin.warm_workers import PLACE, WorkerServer, replaced

LOADED = (judge, options, reports.plugin)
"""Loaded here, so that a nested run in this process finds them, and numpy, in place."""


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerServer]:
    """Where the workers of nested runs come from."""
    server = WorkerServer(tmp_path_factory.mktemp("w"))
    yield server
    server.stop()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: WorkerServer) -> Project:
    """A nested project without claims."""
    if workers.can_serve:
        monkeypatch.setenv(PLACE, str(workers.path))
        code = execnet.gateway_io.popen_bootstrapline
        monkeypatch.setattr("execnet.gateway_io.popen_args", replaced(workers, code))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    return Project(pytester)


@pytest.fixture(params=sorted(MODES))
def mode(request: pytest.FixtureRequest) -> str:
    """One way to run pytest."""
    chosen: str = request.param
    return chosen
