"""`iclgd prefetch` against a Hub on loopback: what it says, its exit codes, and that a run then needs no network."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from fixtures.commands.prefetch import PREFETCH, _progress
from iclgd_core.errors import StorageError
from iclgd_core.hub import download
from iclgd_core.hub.download import SPARE_BYTES, check_room
from iclgd_core.safety.command import run_commands
from iclgd_core.tasks.text.paper_sets import AG_NEWS
from tests.hub.client_process import Finished, environment, prefetch
from tests.hub.hub_server import HubServer, Repository, commit_hash, one_commit, serving

ROWS = [{"text": f"headline {i}", "label": i % 4} for i in range(40)]


@dataclass
class Runs:
    """What the commands of each process did."""

    first: list[Finished]
    damaged: list[Finished]
    offline: list[Finished]
    asked: list[int]


@pytest.fixture(scope="module")
def runs(model_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Prefetch, damage a file and prefetch again, then look without network."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), table)
    assert AG_NEWS.hub is not None
    assert AG_NEWS.hub.revision is not None
    news = {f"data/{split}-00000-of-00001.parquet": table.getvalue() for split in ("train", "test")}
    hub = HubServer(
        {
            "org/good": one_commit(model_files),
            "org/gated": one_commit(model_files),
            "org/own": one_commit(model_files | {"config.json": b'{"model_type": "own", "auto_map": {"a": "b.C"}}'}),
            AG_NEWS.hub.repository: Repository({AG_NEWS.hub.revision: news}, {}, kind="datasets"),
        },
        gated={"org/gated"},
    )
    home, local = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("local")
    for split in ("train", "test"):
        (local / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    all_there = ["--model", "org/good", "--model", "ginc-llama-57k", "--task", "ag_news", "--task", "ginc-k5"]
    with serving(hub):
        env = environment(hub.endpoint, home)
        first = prefetch(
            [
                all_there,
                ["--model", "org/good", "--model", "org/gated", "--model", "org/absent", "--model", "org/own"],
                ["--task", "ag_news", "--data", str(local)],
                [],
                ["--model", "family:nobody"],
            ],
            env,
        )
        weights = home / "hub/models--org--good/snapshots" / commit_hash("first") / "model.safetensors"
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.resolve().write_bytes(content)
        damaged = prefetch([["--model", "org/good"], ["--model", "org/good"]], env)
        asked = [len(hub.seen)]
        offline = prefetch([all_there, [*all_there, "--model", "org/none"]], env | {"HF_HUB_OFFLINE": "1"})
        asked.append(len(hub.seen))
        yield Runs(first, damaged, offline, asked)


def test_all_there(runs: Runs) -> None:
    done = runs.first[0]
    assert done.status == 0, done.output
    assert f"there: model org/good: commit {commit_hash('first')}" in done.output
    assert "there: model ginc-llama-57k: " in done.output
    assert AG_NEWS.hub is not None
    assert f"there: task ag_news: fancyzhx/ag_news, commit {AG_NEWS.hub.revision}" in done.output
    assert "40 rows to train on" in done.output
    assert "there: task ginc-k5: needs no data of the Hub" in done.output
    assert "prefetch org/good: 100%" in done.output
    command = "HF_HUB_OFFLINE=1 pytest claims --iclgd-model=org/good --iclgd-model=ginc-llama-57k"
    assert f"This runs without network: {command} --iclgd-task=ag_news --iclgd-task=ginc-k5" in done.output


def test_something_missing(runs: Runs) -> None:
    done = runs.first[1]
    assert done.status == 1, done.output
    assert "there: model org/good" in done.output
    assert "missing: model org/gated: gated: " in done.output
    assert "missing: model org/absent: " in done.output
    assert "missing: model org/own: " in done.output
    assert "auto_map" in done.output
    assert "3 of 4 are missing." in done.output
    assert "pytest claims" not in done.output


def test_local_data_needs_no_hub(runs: Runs) -> None:
    done = runs.first[2]
    assert done.status == 0, done.output
    assert "task ag_news: needs no data of the Hub, 40 rows to train on" in done.output
    assert "--iclgd-task=ag_news --iclgd-data=/" in done.output


def test_nothing_asked_for_and_unknown_names(runs: Runs) -> None:
    assert runs.first[3].status == 2
    assert "Give --model NAME, --task NAME, or both" in runs.first[3].output
    assert runs.first[4].status == 1
    assert "unknown family of models 'nobody'" in runs.first[4].output


def test_a_damaged_cache_is_found_and_mended(runs: Runs) -> None:
    found, mended = runs.damaged
    assert found.status == 1, found.output
    assert "model.safetensors is damaged: its SHA-256" in found.output
    assert mended.status == 0, mended.output


def test_offline_it_only_looks(runs: Runs) -> None:
    there, missing = runs.offline
    assert there.status == 0, there.output
    assert "HF_HUB_OFFLINE is set, so nothing is downloaded" in there.output
    assert missing.status == 1
    assert "missing: model org/none: " in missing.output
    assert "1 of 5 are missing." in missing.output
    assert "Unset HF_HUB_OFFLINE" in missing.output
    assert runs.asked[0] == runs.asked[1]


def test_no_tracebacks(runs: Runs) -> None:
    assert not [one.output for one in [*runs.first, *runs.damaged, *runs.offline] if "Traceback" in one.output]


@pytest.mark.parametrize(("spare", "fits"), [(10, True), (0, True), (-1, False)])
def test_room_on_the_disk(spare: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 5 * 10**9

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    monkeypatch.setattr(download, "cache_root", lambda: tmp_path / "not" / "yet")
    needed = Usage.free - SPARE_BYTES - spare
    if fits:
        check_room(needed, "it")
        return
    with pytest.raises(StorageError, match=r"it needs 3\.0 GB .* 5\.0 GB are free"):
        check_room(needed, "it")


def test_a_negative_number_of_checkpoints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_commands([PREFETCH], ["prefetch", "--model", "gpt2", "--checkpoints", "-1"]) == 2
    assert "--checkpoints is -1" in capsys.readouterr().err


def test_progress_is_lines_in_a_log_and_a_bar_on_a_terminal() -> None:
    log = io.StringIO()
    with _progress(Console(file=log, width=80)) as tell:
        for done in range(0, 101):
            tell("gpt2", done * 10**7, 10**9)
    assert log.getvalue().splitlines() == [f"prefetch gpt2: {i}0% of 1.00 GB" for i in range(1, 11)]
    terminal = io.StringIO()
    with _progress(Console(file=terminal, width=80, force_terminal=True)) as tell:
        tell("gpt2", 5 * 10**8, 10**9)
    assert "gpt2" in terminal.getvalue()
