"""Sets on the Hub: pinned revisions, and rows from the cache, without a network and from a Hub on loopback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from iclgd_core.errors import SettingsError
from iclgd_core.hub import data
from iclgd_core.hub.data import cached_data, data_of
from iclgd_core.hub.integrity import RemoteFile
from iclgd_core.hub.refusals import HubError, NotCachedError
from iclgd_core.tasks.text import TextDataError, TextSettings, TextTask, text_task, text_task_names
from iclgd_core.tasks.text.hub import Hub
from iclgd_core.tasks.text.paper_sets import PAPER_SETS
from iclgd_core.tasks.text.source import TextSource
from tests.hub.client_process import ROOT, environment
from tests.hub.hub_server import HubServer, commit_hash, one_commit, serving
from tests.tasks.text.rows_made_here import COLUMNS, PLAIN, tickets, write
from tests.waiting import HANG

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = (("train", "data/train-*.jsonl"), ("test", "test.jsonl"))


def task(revision: str | None = COMMIT) -> TextTask:
    return TextTask(TextSource("tickets", COLUMNS, "test", Hub("owner/set", revision, FILES)), (PLAIN,))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the set's one snapshot stands in an empty cache of the Hub, offline."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub" / "datasets--owner--set" / "snapshots" / COMMIT


def fill(snapshot: Path) -> None:
    write(snapshot, test=tickets(4, first=50))
    write(snapshot / "data", **{"train-0": tickets(9), "train-1": tickets(3, first=20), "other": tickets(1)})


@pytest.mark.parametrize("name", text_task_names())
def test_the_papers_sets_are_pinned_to_commits(name: str) -> None:
    hub = PAPER_SETS[name].hub
    assert hub is not None
    assert hub.pinned
    assert hub.verified
    assert {split for split, _ in hub.files} == {"train", PAPER_SETS[name].held_out}
    needed = data_of(text_task(name))
    assert needed is not None
    assert (needed.repo, needed.revision, needed.task) == (hub.repository, hub.revision, name)


@pytest.mark.parametrize("name", text_task_names())
def test_a_local_folder_needs_nothing_from_the_hub(name: str, tmp_path: Path) -> None:
    assert data_of(text_task(name, TextSettings(data=tmp_path))) is None


def test_a_filled_cache_is_enough(cache: Path) -> None:
    fill(cache)
    needed = data_of(task())
    assert needed is not None
    assert cached_data(needed) == cache
    rows = task().rows
    assert len(rows.train) == 12
    assert rows.record["revision"] == COMMIT
    assert rows.record["repository"] == "owner/set"
    assert str(cache) not in json.dumps(rows.record)


def test_a_branch_becomes_the_commit_that_is_recorded(cache: Path) -> None:
    fill(cache)
    (cache.parents[1] / "refs").mkdir()
    (cache.parents[1] / "refs" / "main").write_text(COMMIT)
    for revision, asked in (("main", "main"), (None, "default branch")):
        record = task(revision).source.read(None).record
        assert record["revision"] == COMMIT
        assert record["asked for"] == asked
        assert record["hash verified"] == "no"


def test_half_a_set_is_not_there(cache: Path) -> None:
    write(cache, test=tickets(4))
    with pytest.raises(NotCachedError, match="data set owner/set at 0123456789ab"):
        task().source.read(None)


def test_a_missing_shard_is_noticed(cache: Path) -> None:
    write(cache, test=tickets(4))
    write(cache / "data", **{"train-00000-of-00002": tickets(9)})
    with pytest.raises(TextDataError, match="2 shards belong together, but 1 are there"):
        task().source.read(None)


def test_offline_with_nothing_says_what_to_do(cache: Path) -> None:
    with pytest.raises(NotCachedError, match="iclgd prefetch --task tickets"):
        _ = task().rows


@pytest.mark.parametrize(
    ("repository", "revision", "files", "says"),
    [
        ("set", None, FILES, "not of the form owner/name"),
        ("a/b/c", None, FILES, "not of the form owner/name"),
        ("owner/..", None, FILES, "not of the form owner/name"),
        ("owner/set", "../../x", FILES, "revision '../../x' of Hub repository 'owner/set' is no commit hash"),
        ("owner/set", "refs/../x", FILES, "is no commit hash, branch or tag"),
        ("owner/set", None, (("train", "train.pkl"),), "must lie within the repository and end in one of .parquet"),
        ("owner/set", None, (("train", "/etc/train.json"),), "must lie within the repository"),
        ("owner/set", None, (("dev", "dev.json"),), "unknown split 'dev'; allowed: train, validation, test"),
        ("owner/set", None, (("test", "test.json"),), "needs a file pattern for the split 'train'"),
    ],
)
def test_places_that_are_refused(
    repository: str, revision: str | None, files: tuple[tuple[str, str], ...], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        Hub(repository, revision, files)


READS = """
import json, socket, sys
import iclgd_core.tasks.text as text
from huggingface_hub import constants
from iclgd_core.errors import IclgdError
from iclgd_core.tasks.text.prepared import prepared

def told(where):
    try:
        rows = text.own_task(where).rows
        return [len(rows.train), len(rows.held_out), rows.record["revision"]]
    except IclgdError as error:
        return type(error).__name__

def refuse(*_):
    raise AssertionError("offline, the Hub was asked")

answers = {"pyarrow imported": "pyarrow" in sys.modules, "online": [told(where) for where in sys.argv[1:]]}
prepared.cache_clear()
constants.HF_HUB_OFFLINE = True
socket.socket.connect = refuse
answers["offline"] = [told(where) for where in sys.argv[1:]]
print("TOLD", json.dumps(answers))
"""


def test_a_users_set_is_fetched_and_then_read_offline(tmp_path: Path) -> None:
    """In another process, since huggingface_hub reads its environment when it is imported."""
    write(tmp_path, train=tickets(9), test=tickets(4, first=50))
    train, test = ((tmp_path / name).read_bytes() for name in ("train.jsonl", "test.jsonl"))
    repositories = {
        "org/rows": {"train.jsonl": train, "test.jsonl": test, "README.md": b"configs: none"},
        "org/nested": {"train/x.jsonl": train, "test.jsonl": test},
    }
    hub = HubServer({name: one_commit(files, kind="datasets") for name, files in repositories.items()})
    text = """
name = "mine"
fields = ["text"]
classes = ["a", "b", "c"]
held_out = "test"
template = [{ name = "plain", layout = "{text}:", words = { a = "A", b = "B", c = "C" } }]
hub = { repository = "REPO", files = { train = "train*.jsonl", test = "test.jsonl" } }
"""
    tasks = []
    for name in ("rows", "nested", "absent"):
        (tmp_path / f"{name}.toml").write_text(text.replace("REPO", f"org/{name}"))
        tasks.append(str(tmp_path / f"{name}.toml"))
    with serving(hub):
        env = environment(hub.endpoint, tmp_path / "home")
        done = subprocess.run(
            [sys.executable, "-c", READS, *tasks], env=env, capture_output=True, text=True, timeout=HANG, cwd=ROOT
        )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.rpartition("TOLD ")[2])
    rows = [9, 4, commit_hash("first")]
    assert answers == {
        "pyarrow imported": False,
        "online": [rows, TextDataError.__name__, HubError.__name__],
        "offline": [rows, NotCachedError.__name__, NotCachedError.__name__],
    }
    assert not [one.path for one in hub.seen if "README" in one.path]


def test_a_fetch_that_ended_early_is_no_set(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names as train-0.jsonl do not say how many belong together: what the Hub announced does."""
    needed = data_of(task())
    assert needed is not None
    names = ("data/train-0.jsonl", "data/train-1.jsonl", "test.jsonl", "notes/other.jsonl")
    monkeypatch.setattr(data, "ask", lambda *_, **__: (COMMIT, {name: RemoteFile(0, "", "") for name in names}))

    def interrupted(*_: object) -> None:
        write(cache, test=tickets(4, first=50))
        write(cache / "data", **{"train-0": tickets(9)})
        raise HubError("the network is gone")

    monkeypatch.setattr(data, "fetch_files", interrupted)
    with pytest.raises(HubError, match="gone"):
        data.fetch_data(needed)
    with pytest.raises(NotCachedError, match="iclgd prefetch --task tickets"):
        _ = task().rows
    fill(cache)
    assert len(task().rows.train) == 12
    assert cached_data(needed) == cache


def test_where_all_is_there_nothing_is_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(cache)
    needed = data_of(task())
    assert needed is not None
    names = ("data/train-0.jsonl", "data/train-1.jsonl", "test.jsonl")
    files = {name: RemoteFile((cache / name).stat().st_size, "", "") for name in names}
    monkeypatch.setattr(data, "ask", lambda *_, **__: (COMMIT, files))
    before = sorted(cache.parents[1].rglob("*"))
    assert data.fetch_data(needed) == cache
    assert sorted(cache.parents[1].rglob("*")) == before
