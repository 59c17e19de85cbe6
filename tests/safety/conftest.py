"""An environment without credentials but those that a test plants."""

from pathlib import Path

import pytest

from tests.plugin.project import Project
from tests.safety import planted

CREDENTIALS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the caller's own login."""
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "nobody"))


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Plant a token of the usual form, one of another form, and a stored login; return the folder of the login."""
    home = tmp_path / "hf-home"
    home.mkdir()
    (home / "token").write_text(planted.IN_FILE + "\n", encoding="utf-8")
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("HF_TOKEN", planted.BY_FORM)
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", planted.BY_VALUE)
    return home


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A nested project with the plugins of a run, redaction among them."""
    for name in ("GITHUB_STEP_SUMMARY", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_AUTO_NUM_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    made = Project(pytester)
    plugins = ("fixtures.options", "fixtures.judge", "reports.plugin", "reports.survival", "reports.redaction")
    pytester.makeconftest(f"pytest_plugins = {list(plugins)}")
    return made
