"""The real download path of huggingface_hub against a Hub on loopback: what arrives, and what can go wrong.

The client is one process for each state of its environment, which asks all questions at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hub.client_process import Finished, client, environment
from tests.hub.hub_server import HubServer, Repository, commit_hash, one_commit, serving

TOKEN = "hf_" + "plantedTokenOfThisTest"
BIG = bytes(range(256)) * 2**17
"""Larger than the pieces in which huggingface_hub writes (10 MiB), so that half of it leaves some to go on from."""

NEVER_READ = {
    "pytorch_model.bin": b"\x80\x04" * 5_000,
    "modeling_own.py": b"raise SystemExit",
    "model.fp16.safetensors": b"x" * 9_000,
    "onnx/model.onnx": b"x" * 9_000,
    "chat_template.jinja": b"{{ x }}",
}


@dataclass
class World:
    """A Hub, what clients asked it, and what they got: with a token online, then without network.

    `silent` is what a client got that waits a second for each answer of a Hub that does not give one.
    """

    hub: HubServer
    home: Path
    online: Finished
    offline: Finished
    asked_online: int
    silent: Finished

    def answer(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.online.answers[name]
        return found

    def folder(self, repo: str) -> Path:
        return self.home / "hub" / f"models--{repo.replace('/', '--')}"


ONLINE = {
    "good": "ensure_available(['org/good']).commits",
    "sharded": "ensure_available(['org/sharded']).commits",
    "tag": "ensure_available(['org/steps@v1']).commits",
    "commit": f"ensure_available(['org/pinned@{commit_hash('first')}']).commits",
    "cut": "ensure_available(['org/cut']).commits",
    "short": "ensure_available(['org/short'])",
    "swapped": "ensure_available(['org/swapped'])",
    "gated": "ensure_available(['org/gated', 'org/good']).not_run",
    "absent": "ensure_available(['org/absent'])",
    "revision": "ensure_available(['org/steps@step9'])",
    "pickled": "ensure_available(['org/pickled'])",
    "outside": "ensure_available(['org/outside'])",
    "busy": "ensure_available(['org/busy']).commits",
    "broken": "ensure_available(['org/broken'])",
    "two": "ensure_available(['org/absent', 'org/steps@nowhere'])",
    "series": "series('org/steps@step*')",
    "thin": "expand(['org/steps@step*', 'org/good'], 2)",
    "no-series": "series('org/steps@epoch*')",
    "data": "str(fetch_data(HubData('news', 'org/rows', 'main', ('data/train-*.parquet',))).name)",
    "no-data": "fetch_data(HubData('news', 'org/rows', 'main', ('data/test-*.parquet',)))",
}

SILENT = {name: f"ensure_available(['org/{name}'])" for name in ("mute", "mute-file", "slow")}
"""Nobody answers for the first, for the files of the second, and the third stops in the middle of its weights."""

OFFLINE = {
    "good": "vars(resolve_model('org/good'))['commit']",
    "loaded": "load_model('org/good').digest",
    "loaded-shards": "load_model('org/sharded').digest",
    "tag": "resolve_model('org/steps@v1').commit",
    "data": "str(cached_data(HubData('news', 'org/rows', 'main', ('data/train-*.parquet',))).name)",
    "damaged": "[load_model('org/short'), load_model('org/swapped')]",
    "swapped": "load_model('org/swapped')",
    "missing": "ensure_available(['org/one', 'org/good', 'org/two@v2', 'org/steps@step1'], "
    "[HubData('ag_news', 'org/no-rows', 'main', ('*.parquet',))])",
    "no-series": "series('org/none@step*')",
}


@pytest.fixture(scope="module")
def world(
    model_files: dict[str, bytes], sharded_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Ask everything once."""
    all_files = model_files | NEVER_READ
    names = ("good", "cut", "short", "swapped", "gated", "busy", "broken", "pinned")
    repositories = {f"org/{name}": one_commit(all_files) for name in names}
    repositories["org/cut"] = one_commit(all_files | {"model.safetensors": BIG})
    repositories["org/sharded"] = one_commit(sharded_files | NEVER_READ)
    repositories["org/pickled"] = one_commit(
        {name: c for name, c in all_files.items() if not name.endswith(".safetensors")}
    )
    index = b'{"weight_map": {"lm_head.weight": "../../../../somewhere.safetensors"}}'
    repositories["org/outside"] = one_commit(
        {name: c for name, c in model_files.items() if name != "model.safetensors"}
        | {"model.safetensors.index.json": index}
    )
    repositories["org/steps"] = steps(model_files)
    repositories["org/rows"] = one_commit(
        {"data/train-0.parquet": b"rows" * 9, "data/readme.md": b"#"}, kind="datasets"
    )
    hub = HubServer(
        repositories,
        gated={"org/gated"},
        cut_once={"org/cut/model.safetensors"},
        short={"org/short/model.safetensors"},
        swapped={"org/swapped/model.safetensors"},
        failing={"org/busy": [429, 503], "org/broken": [500] * 50},
        apart=True,
    )
    silent = HubServer(
        {f"org/{name}": one_commit(all_files) for name in SILENT},
        stall={"/api/models/org/mute/", "/org/mute-file/resolve/"},
        stall_body={"org/slow/model.safetensors"},
    )
    home = tmp_path_factory.mktemp("home")
    with serving(hub), serving(silent):
        env = environment(hub.endpoint, home, HF_TOKEN=TOKEN)
        online = client(ONLINE, env, at_once=len(ONLINE))
        asked = len(hub.seen)
        offline = client(OFFLINE, {**env, "HF_HUB_OFFLINE": "1"})
        hasty = {"HF_ENDPOINT": silent.endpoint, "HF_HUB_DOWNLOAD_TIMEOUT": "1"}
        yield World(hub, home, online, offline, asked, client(SILENT, env | hasty, at_once=len(SILENT)))


def steps(files: dict[str, bytes]) -> Repository:
    marks = (1, 10, 100, 1000)
    commits = {commit_hash(f"step{mark}"): files for mark in marks} | {commit_hash("first"): files}
    branches = {f"step{mark}": commit_hash(f"step{mark}") for mark in marks} | {"main": commit_hash("first")}
    return Repository(commits, branches, {"v1": commit_hash("step10")})


def says(world: World, name: str, kind: str) -> str:
    found = world.answer(name)
    assert found.get("error") == kind, found
    return str(found["says"])


def test_what_is_read_arrives_and_nothing_else(world: World, model_files: dict[str, bytes]) -> None:
    assert world.answer("good") == {"org/good": commit_hash("first")}
    path = world.folder("org/good") / "snapshots" / commit_hash("first")
    arrived = {file.name: file.read_bytes() for file in path.iterdir()}
    assert arrived == {name: model_files[name] for name in arrived}
    assert arrived.keys() == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def test_shards_arrive_by_their_index(world: World, sharded_files: dict[str, bytes]) -> None:
    assert world.answer("sharded") == {"org/sharded": commit_hash("first")}
    path = world.folder("org/sharded") / "snapshots" / commit_hash("first")
    shards = {name for name in sharded_files if name.endswith(".safetensors")}
    assert {file.name for file in path.glob("*.safetensors")} == shards
    assert len(shards) == 2
    assert world.offline.answers["loaded-shards"] == world.offline.answers["loaded"]


def test_tags_and_commits_are_revisions(world: World) -> None:
    assert world.answer("tag") == {"org/steps@v1": commit_hash("step10")}
    assert world.answer("commit") == {f"org/pinned@{commit_hash('first')}": commit_hash("first")}
    assert not (world.folder("org/pinned") / "refs" / commit_hash("first")).exists()


def test_what_was_fetched_is_used_without_network(world: World) -> None:
    assert world.offline.answers["good"] == commit_hash("first")
    assert world.offline.answers["tag"] == commit_hash("step10")
    assert len(world.offline.answers["loaded"]) == 64
    assert len(world.hub.seen) == world.asked_online, "a client without network asked the Hub"


def test_a_cut_download_goes_on_where_it_stopped(world: World) -> None:
    assert world.answer("cut") == {"org/cut": commit_hash("first")}
    first, second = of_weights(world, "org/cut")
    assert "range" not in first.headers
    start = int(second.headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= len(BIG) // 2  # what had come, but for the last piece that was not whole
    path = world.folder("org/cut") / "snapshots" / commit_hash("first") / "model.safetensors"
    assert path.read_bytes() == BIG


def of_weights(world: World, repo: str) -> list[Any]:
    """Return the downloads of weights that a repository led to, at whatever host."""
    return [one for one in world.hub.seen if one.method == "GET" and one.path == f"/apart/{repo}/model.safetensors"]


@pytest.mark.parametrize(("name", "kind"), [("short", "UnreachableError"), ("swapped", "HubError")])
def test_a_damaged_file_is_never_a_model(world: World, name: str, kind: str) -> None:
    assert f"org/{name}" in says(world, name, kind)
    assert not (world.folder(f"org/{name}") / "refs" / "main").exists()
    assert not list(world.folder(f"org/{name}").rglob("model.safetensors"))
    assert world.offline.answers["damaged"]["error"] == "NotCachedError"
    assert world.offline.answers["swapped"]["error"] == "NotCachedError"


def test_content_of_another_hash_is_named(world: World) -> None:
    assert "SHA-256" in says(world, "swapped", "HubError")


def test_a_gated_model_is_not_run_and_the_others_are(world: World) -> None:
    found = world.answer("gated")
    assert list(found) == ["org/gated"]
    assert found["org/gated"].startswith("gated: ")
    assert "HF_TOKEN" in found["org/gated"]
    assert f"{world.hub.endpoint}/org/gated" in found["org/gated"]
    assert "403" in found["org/gated"]


def test_a_missing_repository_and_a_missing_revision(world: World) -> None:
    assert "no model 'org/absent', or it is private" in says(world, "absent", "HubError")
    text = says(world, "revision", "RevisionError")
    assert "no revision 'step9'" in text
    assert "Nearest: step" in text
    assert "step1000" in text
    assert "v1" in text


def test_several_failures_are_told_at_once(world: World) -> None:
    text = says(world, "two", "HubError")
    assert "org/absent" in text
    assert "'nowhere'" in text


def test_pickled_weights_and_paths_that_lead_out_are_refused_before_they_come(world: World) -> None:
    assert "pickled weights are not read (pytorch_model.bin)" in says(world, "pickled", "UnsafeModelError")
    assert not list(world.folder("org/pickled").rglob("*.bin"))
    assert "'../../../../somewhere.safetensors'" in says(world, "outside", "UnsafeModelError")


def test_a_busy_hub_is_asked_again(world: World) -> None:
    assert world.answer("busy") == {"org/busy": commit_hash("first")}
    assert len([one for one in world.hub.seen if one.path.startswith("/api/models/org/busy/revision")]) == 3


def test_a_broken_hub_is_given_up(world: World) -> None:
    assert "answers 500" in says(world, "broken", "UnreachableError")
    asked = [one for one in world.hub.seen if one.path.startswith("/api/models/org/broken")]
    assert len(asked) == 4


@pytest.mark.parametrize("name", SILENT)
def test_a_hub_that_does_not_answer_is_given_up(world: World, name: str) -> None:
    found = world.silent.answers[name]
    assert found["error"] == "UnreachableError"
    assert "HF_HUB_DOWNLOAD_TIMEOUT" in found["says"]
    assert "Timeout" in found["says"]


def test_series_of_revisions(world: World) -> None:
    assert world.online.answers["series"] == [[f"org/steps@step{mark}", mark] for mark in (1, 10, 100, 1000)]
    assert world.online.answers["thin"] == ["org/steps", "org/good", "org/steps@step1000"]
    assert "fits 'epoch*'" in says(world, "no-series", "RevisionError")
    assert world.offline.answers["no-series"]["error"] == "NotCachedError"


def test_data_sets(world: World) -> None:
    assert world.online.answers["data"] == world.offline.answers["data"] == commit_hash("first")
    fetched = world.home / "hub" / "datasets--org--rows" / "snapshots" / commit_hash("first") / "data"
    assert [file.name for file in fetched.iterdir()] == ["train-0.parquet"]
    assert "no file 'data/test-*.parquet'" in says(world, "no-data", "HubError")


def test_without_network_all_that_is_missing_is_listed_with_the_command(world: World) -> None:
    found = world.offline.answers["missing"]
    assert found["error"] == "NotCachedError"
    for line in ("model org/one", "model org/two@v2", "model org/steps@step1", "data set org/no-rows"):
        assert line in found["says"]
    assert "org/good" not in found["says"]
    assert "of its revisions there are v1" in found["says"]
    command = "iclgd prefetch --model org/one --model org/two@v2 --model org/steps@step1 --task ag_news"
    assert command in found["says"]


def test_the_token_goes_to_the_endpoint_alone_and_into_no_output(world: World) -> None:
    endpoint = [one for one in world.hub.seen if not one.path.startswith("/apart/")]
    elsewhere = [one for one in world.hub.seen if one.path.startswith("/apart/")]
    assert elsewhere
    assert {one.headers.get("authorization") for one in endpoint} == {f"Bearer {TOKEN}"}
    assert not [one for one in elsewhere if TOKEN in str(one.headers)]
    assert TOKEN not in world.online.output + world.offline.output + world.silent.output
    stored = b"".join(file.read_bytes() for file in world.home.rglob("*") if file.is_file())
    assert TOKEN.encode() not in stored


def test_no_tracebacks(world: World) -> None:
    assert "Traceback" not in world.online.output + world.offline.output + world.silent.output
