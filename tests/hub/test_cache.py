"""What of the Hub is in the local cache, and what is made of it when the Hub cannot be reached."""

from pathlib import Path

import pytest
from huggingface_hub import constants, try_to_load_from_cache

from iclgd_core.hub import download
from iclgd_core.hub.cache import cached_commit, cached_revisions, remember, repo_folder, snapshot
from iclgd_core.hub.download import fetch_model
from iclgd_core.hub.refusals import NotCachedError, UnreachableError
from iclgd_core.hub.resolve import resolve_model
from iclgd_core.hub.source import HubId

FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def cache(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds a model at FIRST, which is main, and at SECOND without its weights, which is tag v2."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    for commit, left_out in ((FIRST, ""), (SECOND, "model.safetensors")):
        path = snapshot("o/n", commit)
        path.mkdir(parents=True)
        for file in folder.iterdir():
            if file.name != left_out:
                (path / file.name).write_bytes(file.read_bytes())
    remember("o/n", "main", FIRST)
    remember("o/n", "v2", SECOND)
    remember("o/n", "refs/pr/1", FIRST)
    return tmp_path / "hub"


def test_revisions_and_commits(cache: Path) -> None:
    assert [cached_commit("o/n", name) for name in ("main", "v2", "refs/pr/1", FIRST)] == [FIRST, SECOND, FIRST, FIRST]
    assert [cached_commit("o/n", name) for name in ("v3", "3" * 40)] == ["", ""]
    assert cached_commit("o/other", "main") == cached_commit("o/n", "main", "dataset") == ""
    assert cached_revisions("o/n") == ("main", "refs/pr/1", "v2")
    assert cached_revisions("o/other") == ()


def test_huggingface_hub_reads_the_same_note(cache: Path) -> None:
    found = try_to_load_from_cache("o/n", "config.json", cache_dir=cache, revision="main")
    assert found == str(snapshot("o/n", FIRST) / "config.json")


def test_a_note_is_replaced_as_a_whole(cache: Path) -> None:
    remember("o/n", "main", SECOND)
    assert cached_commit("o/n", "main") == SECOND
    refs = repo_folder("o/n") / "refs"
    assert sorted(path.name for path in refs.iterdir()) == ["main", "refs", "v2"]
    remember("o/n", FIRST, FIRST)
    assert not (refs / FIRST).exists()


@pytest.mark.parametrize("content", [b"", b"main", b"../../../somewhere", b"\xff" * 40, b"3" * 40, b"g" * 40])
def test_notes_that_mean_nothing_here(cache: Path, content: bytes) -> None:
    (repo_folder("o/n") / "refs" / "main").write_bytes(content)
    assert cached_commit("o/n", "main") == ""
    with pytest.raises(NotCachedError, match="model o/n"):
        resolve_model("o/n")


def test_resolving_uses_the_commit_of_the_run(cache: Path) -> None:
    remember("o/n", "v2", FIRST)
    source = resolve_model("o/n@v2", FIRST)
    assert (source.kind, source.repo, source.revision, source.commit) == ("hub", "o/n", "v2", FIRST)
    assert source.path == snapshot("o/n", FIRST)
    remember("o/n", "main", SECOND)  # another program fetches a newer commit while the run goes on
    assert resolve_model("o/n", FIRST).commit == FIRST
    with pytest.raises(NotCachedError, match="at commit 333333333333"):
        resolve_model("o/n", "3" * 40)


def test_a_snapshot_that_is_not_whole_is_missing(cache: Path) -> None:
    with pytest.raises(NotCachedError, match="commit 222222222222 is not whole") as caught:
        resolve_model("o/n@v2")
    assert "iclgd prefetch --model o/n@v2" in str(caught.value)


def test_one_part_names_tell_what_they_were_taken_for(cache: Path) -> None:
    with pytest.raises(NotCachedError, match="no embedded model and no directory of that name"):
        resolve_model("gpt17")


def test_a_hub_that_cannot_be_reached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repetitions = list[int]()

    def unreachable(repo: str, revision: str, late: int) -> None:
        repetitions.append(late)
        raise UnreachableError("no network")

    monkeypatch.setattr(download, "ask", unreachable)
    assert fetch_model(HubId("o/n")) == (snapshot("o/n", FIRST), FIRST)
    for hub in (HubId("o/n", "v2"), HubId("o/other")):
        with pytest.raises(UnreachableError, match="no network"):
            fetch_model(hub)
    assert repetitions == [0, 1, 1], "a late answer is waited for again only where there is none in the cache"
