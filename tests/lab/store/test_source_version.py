"""The version of source files changes with their content and their places, and with nothing else."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from iclgd_core.lab.store import key, source_version


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("b/two.py", "b/deep/three.py", "a/one.py", "four.py", "a/notes.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    monkeypatch.setattr(key, "_CORE", tmp_path)
    source_version.cache_clear()
    yield tmp_path
    source_version.cache_clear()


def again(*names: str) -> str:
    source_version.cache_clear()
    return source_version(*names)


def test_folders_and_files_in_the_order_of_their_paths(core: Path) -> None:
    sources = ("a/one.py", "b/deep/three.py", "b/two.py", "four.py")
    expected = hashlib.sha256("".join(2 * name for name in sources).encode()).hexdigest()
    assert source_version("four.py", "b", "a") == expected


def test_what_changes_it(core: Path) -> None:
    before = again("b")
    (core / "a/one.py").write_text("another", encoding="utf-8")
    (core / "b/notes.md").write_text("no source", encoding="utf-8")
    assert again("b") == before
    (core / "b/two.py").rename(core / "b/renamed.py")
    renamed = again("b")
    (core / "b/renamed.py").write_text("another", encoding="utf-8")
    assert len({before, renamed, again("b")}) == 3
