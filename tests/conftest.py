"""Property tests take the time they take: on a busy machine slowness is no finding. Tests on GPUs run where one is.

Warnings of our own modules are errors.
"""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, settings

from fixtures.foreign_warnings import hold_own_modules_to_errors

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


NO_ENTRY_POINT = "-p no:iclgd"
"""Keeps the installed project's entry point, which loads all plugins where a run has claims, out of nested runs."""


@pytest.fixture(scope="session", autouse=True)
def nested_runs_choose_their_plugins() -> Iterator[None]:
    """Hold for nested runs in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", NO_ENTRY_POINT)
        yield


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Hold for pytester's runs: it drops the variable of the run around it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", NO_ENTRY_POINT)
    return pytester


def pytest_configure(config: pytest.Config) -> None:
    """Set what the tests hold our modules to."""
    hold_own_modules_to_errors(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """List tests marked `gpu` as not run where PyTorch sees no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="not run: PyTorch sees no CUDA device"))
