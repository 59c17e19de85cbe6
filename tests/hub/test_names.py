"""What a model's name means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import ModelError, UnknownNameError
from iclgd_core.hub.families import FAMILIES, family
from iclgd_core.hub.refusals import NotCachedError
from iclgd_core.hub.source import HubId, ModelSource, hub_id, parse


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt2", HubId("gpt2", "main")),
        ("huggyllama/llama-7b", HubId("huggyllama/llama-7b", "main")),
        ("EleutherAI/pythia-160m@step1000", HubId("EleutherAI/pythia-160m", "step1000")),
        ("facebook/opt-1.3b@refs/pr/9", HubId("facebook/opt-1.3b", "refs/pr/9")),
        ("gpt2@" + "a" * 40, HubId("gpt2", "a" * 40)),
    ],
)
def test_names_of_the_hub(name: str, expected: HubId) -> None:
    assert parse(name) == hub_id(name) == expected
    assert hub_id(str(expected)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "a/b/c", "a/..", "gpt2@",
        "gpt2@../../x",
        "gpt2@/etc", "gpt2@a//b", "gpt2@-x", "a--b/c", "x.git", "gpt2@main\n", "gp t2", "gpt2@step*", "http://h/x",
        "a\0b", "gpt2@a@b", "ginc-lama-57k", "untrained-lama", "ginc-llama-57k@7", "a" * 5_000,
    ],
)  # fmt: skip
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown model"):
        parse(name)


@pytest.mark.parametrize("name", ["/absent", "./absent", "../absent", "~absent/x", "../../x@main", "/a\0b"])
def test_paths_that_lead_nowhere_are_called_so(name: str) -> None:
    with pytest.raises(ModelError, match="no such directory"):
        parse(name)


def test_a_misspelt_path_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "my-model").mkdir()
    with pytest.raises(ModelError, match="Nearest there: my-model"):
        parse(str(tmp_path / "my-modell"))


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_leads_out_of_the_cache(repo: str, revision: str) -> None:
    found = hub_id(f"{repo}@{revision}")
    if found is not None:
        parts = [*found.repo.split("/"), *found.revision.split("/")]
        assert all(part and not part.startswith(".") for part in parts)


def test_embedded_names_come_first_and_directories_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = parse("ginc-llama-57k")
    assert isinstance(found, ModelSource)
    assert (found.kind, found.untrained, found.commit) == ("embedded", False, "")
    twin = parse("untrained-llama-57k")
    assert isinstance(twin, ModelSource)
    assert twin.untrained
    assert twin.path == found.path
    monkeypatch.chdir(tmp_path)
    for name in ("gpt2", "owner/name"):
        assert isinstance(parse(name), HubId)
        (tmp_path / name).mkdir(parents=True)
        here = parse(name)
        assert isinstance(here, ModelSource)
        assert (here.kind, here.path) == ("directory", Path(name))


def test_families_are_hub_names_smallest_first() -> None:
    assert family("pythia")[0] == "EleutherAI/pythia-70m"
    assert family("family:gpt2") == family("gpt2")
    for names in FAMILIES.values():
        assert len(set(names)) == len(names) >= 3
        assert all(hub_id(name) == HubId(name) for name in names)
    with pytest.raises(UnknownNameError, match="Nearest: pythia"):
        family("family:pytia")


def test_the_command_is_safe_to_type() -> None:
    error = NotCachedError(["one", "two"], ["a/b@step*"], ["x; rm -rf y"])
    assert "2 of what this run needs" in str(error)
    assert "`iclgd prefetch --model 'a/b@step*' --task 'x; rm -rf y'`" in str(error)
