"""The commit of a report is that of the code itself, or none."""

import subprocess
from pathlib import Path

import pytest

from iclgd_core.evidence import code_version
from iclgd_core.evidence.code_version import commit
from tests.waiting import HANG

NONE = {"commit": None, "dirty": None}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def outer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, of a file in a folder, and a git that may take its time."""
    monkeypatch.setattr(code_version, "GIT_SECONDS", HANG)
    repository = tmp_path / "outer"
    (repository / "part").mkdir(parents=True)
    (repository / "part" / "code.py").write_text("one = 1\n")
    git(repository, "init", "--quiet")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "one")
    return repository


@pytest.mark.parametrize("below", [".", "part"])
def test_the_commit_of_a_checkout_and_of_a_folder_in_it(outer: Path, below: str) -> None:
    head = git(outer, "rev-parse", "HEAD")
    assert commit(outer / below) == {"commit": head, "dirty": False}
    (outer / "part" / "code.py").write_text("one = 2\n")
    assert commit(outer / below) == {"commit": head, "dirty": True}


@pytest.mark.parametrize("ignored", [True, False])
def test_a_copy_that_was_unpacked_inside_another_repository_has_no_commit(outer: Path, ignored: bool) -> None:
    copy = outer / "copy"
    copy.mkdir()
    (copy / "code.py").write_text("two = 2\n")
    if ignored:
        (outer / ".git" / "info" / "exclude").write_text("copy/\n")
    assert commit(copy) == NONE


def test_a_folder_outside_of_any_repository_has_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == NONE


def test_the_repository_that_a_hook_of_git_speaks_of_is_another(
    outer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(outer / ".git"))
    assert commit(tmp_path) == NONE
