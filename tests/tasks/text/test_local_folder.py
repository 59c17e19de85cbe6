"""Local folders: which files are a split, and what is said of those that are not."""

import json
import socket
import sys
from pathlib import Path

import pytest

from iclgd_core.tasks.text import MissingExtraError, TextDataError, TextTask
from iclgd_core.tasks.text.source import TextSource
from tests.tasks.text.rows_made_here import COLUMNS, PLAIN, parquet, source, tickets, write


def ids(folder: Path, held_out: str | None = "test") -> tuple[int, int]:
    read = source(held_out).read(folder)
    return len(read.train.rows), len(read.held_out.rows) if read.held_out else 0


def test_the_folder_itself_or_one_of_the_tasks_name(tmp_path: Path) -> None:
    write(tmp_path / "here", train=tickets(5), test=tickets(3))
    write(tmp_path / "above" / "tickets", train=tickets(6), test=tickets(2))
    assert ids(tmp_path / "here") == (5, 3)
    assert ids(tmp_path / "above") == (6, 2)


def test_parquet_and_shards_in_order(tmp_path: Path) -> None:
    for shard in range(2):
        parquet(tmp_path / f"train-0000{shard}-of-00002.parquet", tickets(4, first=4 * shard))
    parquet(tmp_path / "test.parquet", tickets(3))
    read = source().read(tmp_path)
    assert [row.fields[0] for row in read.train.rows] == [f"it is wrong {n}" for n in range(8)]
    assert read.held_out is not None
    assert read.held_out.rows[0].id == "test/0"
    assert set(read.record["files"] or ()) == {  # type: ignore[arg-type]
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "test.parquet",
    }


def test_a_missing_shard_is_noticed(tmp_path: Path) -> None:
    parquet(tmp_path / "train-00000-of-00002.parquet", tickets(4))
    with pytest.raises(TextDataError, match="2 shards belong together, but 1 are there"):
        ids(tmp_path)


@pytest.mark.parametrize("name", ["validation", "dev", "valid", "val"])
def test_names_of_a_validation_split(tmp_path: Path, name: str) -> None:
    write(tmp_path, train=tickets(5), **{name: tickets(2)})
    assert ids(tmp_path, "validation") == (5, 2)


def test_the_other_held_out_split_is_taken_and_recorded(tmp_path: Path) -> None:
    write(tmp_path, train=tickets(5), test=tickets(2, first=10))
    task = TextTask(source("validation"), (PLAIN,), data=tmp_path)
    assert task.rows.record["held-out split"] == "test"


@pytest.mark.parametrize("name", ["a[b]*", "a b", "ä?"])
def test_names_that_mean_something_to_a_shell(tmp_path: Path, name: str) -> None:
    assert ids(write(tmp_path / name, train=tickets(5), test=tickets(3))) == (5, 3)


def test_the_record_names_files_and_their_hashes_but_no_folder(tmp_path: Path) -> None:
    record = source().read(write(tmp_path, train=tickets(5), test=tickets(3))).record
    assert str(tmp_path) not in json.dumps(record)
    files = record["files"]
    assert isinstance(files, dict)
    assert all(len(str(digest)) == 64 for digest in files.values())


def test_nothing_is_written_beside_the_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", train=tickets(5), test=tickets(3))
    folder.chmod(0o555)
    try:
        assert ids(folder) == (5, 3)
        assert {path.name for path in folder.iterdir()} == {"train.jsonl", "test.jsonl"}
    finally:
        folder.chmod(0o755)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert ids(write(tmp_path, train=tickets(5), test=tickets(3))) == (5, 3)
    assert ids(write(tmp_path, train=tickets(7), test=tickets(3))) == (7, 3)


def test_no_network_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a local folder needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert ids(write(tmp_path, train=tickets(5), test=tickets(3))) == (5, 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "it cannot be read as JSON lines"),
        ("", "the file is empty"),
        (" \n\n", "split 'train' cannot be used: it has no rows"),
        ('{"text": "a"}\n', "no column 'label'. It has 'text'"),
        ('{"text": "a", "label": 7}\n', r"row 0, column 'label': label 7 is out of range; allowed: 0 \(Billing\)"),
        ('{"text": "", "label": 0}\n', "row 0, column 'text': the text is empty"),
        ('{"text": null, "label": 0}\n', "None is no text"),
    ],
)
def test_files_that_are_refused_are_named(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, test=tickets(3))
    (tmp_path / "train.jsonl").write_text(text)
    with pytest.raises(TextDataError, match=f"train.jsonl.*{says}"):
        ids(tmp_path)


def test_a_broken_parquet_file(tmp_path: Path) -> None:
    write(tmp_path, test=tickets(3))
    (tmp_path / "train.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(TextDataError, match=r"train.parquet: it cannot be read as Parquet"):
        ids(tmp_path)


def test_folders_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(TextDataError, match="no such folder"):
        ids(tmp_path / "nowhere")
    with pytest.raises(
        TextDataError, match=r"holds a file of the split 'train'.*train.jsonl or train.parquet and test"
    ):
        ids(tmp_path)


def test_a_set_without_a_place(tmp_path: Path) -> None:
    with pytest.raises(TextDataError, match="names no Hub repository"):
        source().read(None)
    own = TextSource("tickets", COLUMNS, "test", folder=write(tmp_path, train=tickets(5), test=tickets(3)))
    assert len(own.read(None).train.rows) == 5


@pytest.mark.parametrize(
    "more",
    [("train.json",), ("train.parquet",), ("test.json",), ("validation.jsonl", "dev.jsonl")],
    ids=lambda more: more[0],
)
def test_a_split_that_is_there_twice_is_refused(tmp_path: Path, more: tuple[str, ...]) -> None:
    """One of the two may be what the other once was."""
    write(tmp_path, train=tickets(5), test=tickets(3))
    for name in more:
        (tmp_path / name).write_bytes((tmp_path / "train.jsonl").read_bytes())
    with pytest.raises(TextDataError, match=rf"stands there more than once: .*{more[-1]}.*keep that one"):
        ids(tmp_path, "validation" if len(more) > 1 else "test")


def test_a_whole_file_comes_before_files_with_longer_names(tmp_path: Path) -> None:
    assert ids(write(tmp_path, **{"train": tickets(5), "train-old": tickets(9), "test": tickets(3)})) == (5, 3)


def test_without_the_package_json_lines_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet(tmp_path / "parquet" / "train.parquet", tickets(5))
    lines = write(tmp_path / "lines", train=tickets(5), test=tickets(3))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert ids(lines) == (5, 3)
    with pytest.raises(MissingExtraError, match=r"pip install pyarrow"):
        ids(tmp_path / "parquet")
