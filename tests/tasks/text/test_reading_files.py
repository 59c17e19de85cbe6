"""Files of rows: read from their own bytes, the needed columns alone, as text."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.tasks.text import TextDataError
from iclgd_core.tasks.text.rows import Split
from tests.tasks.text.rows_made_here import parquet, source, tickets, write
from tests.waiting import HANG

ROOT = Path(__file__).resolve().parents[3]


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def train(folder: Path, content: bytes | None = None) -> Split:
    """Read the train split of a folder, after its file was written."""
    if content is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train.jsonl").write_bytes(content)
    return source(None).read(folder).train


def texts(split: Split) -> list[tuple[str, int]]:
    return [(row.fields[0], row.label) for row in split.rows]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_file_of_the_same_time_and_size_is_read_anew(tmp_path: Path, kind: str) -> None:
    """As tar, zip, cp -p and rsync leave it: whatever is keyed by path and time shows the old rows."""
    if kind == "parquet":
        path = parquet(tmp_path / "train.parquet", tickets(6))
        other = parquet(tmp_path / "other" / "train.parquet", tickets(6, first=3)).read_bytes()
    else:
        path = write(tmp_path, train=tickets(6)) / "train.jsonl"
        other = (write(tmp_path / "other", train=tickets(6, first=3)) / "train.jsonl").read_bytes()
    before = path.stat()
    assert texts(train(tmp_path))[0] == ("it is wrong 0", 0)
    path.write_bytes(other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    read = source(None).read(tmp_path)
    assert texts(read.train)[0] == ("it is wrong 3", 0)
    assert read.record["files"] == {path.name: hashlib.sha256(other).hexdigest()}


READS = """
import sys
from pathlib import Path
from tests.tasks.text.rows_made_here import source
print("ROWS", *(len(source(None).read(Path(folder)).train.rows) for folder in sys.argv[1:]))
"""


def test_a_home_that_cannot_be_written_is_not_missed(tmp_path: Path) -> None:
    write(tmp_path / "lines", train=tickets(5))
    parquet(tmp_path / "parquet" / "train.parquet", tickets(6))
    nowhere = {name: "/dev/null/home" for name in ("HOME", "HF_HOME", "HF_DATASETS_CACHE", "XDG_CACHE_HOME", "TMPDIR")}
    done = subprocess.run(
        [sys.executable, "-c", READS, str(tmp_path / "lines"), str(tmp_path / "parquet")],
        cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert done.stdout.endswith("ROWS 5 6\n"), done.stderr


def test_a_column_that_is_not_needed_may_hold_anything(tmp_path: Path) -> None:
    """Null for the first 12 MB, then a text, a number, a list: it is nobody's business."""
    rows: list[dict[str, object]] = [
        {"text": f"{number} " + "x" * 400_000, "label": number % 3, "note": None} for number in range(30)
    ]
    rows += [
        {"text": str(number), "label": 0, "note": note} for number, note in enumerate(("a", 1.5, [None], {"b": 2}))
    ]
    content = lines(*rows)
    assert len(content) > 12_000_000
    assert len(train(tmp_path, content).rows) == 34


def test_a_parquet_column_that_is_not_needed_may_hold_anything(tmp_path: Path) -> None:
    """Here a type that Python has no value for."""
    pyarrow = pytest.importorskip("pyarrow")
    when = pyarrow.array([2**60, None, 1], pyarrow.timestamp("ms"))
    with pytest.raises((ValueError, OverflowError)):
        when.to_pylist()
    parquet(tmp_path / "train.parquet", tickets(3), when=when)
    assert len(train(tmp_path).rows) == 3


DATES = ["2020-01-01", "2020-01-02T10:00:00", "2021-12-31 23:59:59"]
LIKE_OTHERS = ["007", "1e3", "-0", "true", "null", "NaN", "NA", "[]", DATES[0]]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("written", [DATES, LIKE_OTHERS], ids=["dates", "others"])
def test_a_text_that_looks_like_something_else_stays_the_text_that_it_is(
    tmp_path: Path, written: list[str], kind: str
) -> None:
    rows: list[dict[str, object]] = [{"text": text, "label": number % 3} for number, text in enumerate(written)]
    if kind == "parquet":
        parquet(tmp_path / "train.parquet", rows)
    else:
        write(tmp_path, train=rows)
    assert texts(train(tmp_path)) == [(text, number % 3) for number, text in enumerate(written)]


ONE, TWO = b'{"text": "a b", "label": 0}', '{"label": "Other", "text": "c\u2028d \u00e9", "more": [{}]}'.encode()


@pytest.mark.parametrize(
    "content",
    [
        ONE + b"\n" + TWO + b"\n",
        ONE + b"\n\n \n" + TWO,
        ONE + b"\r\n" + TWO + b"\r\n",
        ONE + b"\r" + TWO + b"\r",
        b"\xef\xbb\xbf" + ONE + b"\n" + TWO,
        b"[" + ONE + b", " + TWO + b"]",
        b"\n [\n" + ONE + b",\n" + TWO + b"\n]\n",
        json.dumps(json.loads(ONE), indent=2).encode() + b"\n" + json.dumps(json.loads(TWO), indent=2).encode(),
        b'{"text": "a b", "label": 0, "more": NaN}\n' + TWO,
    ],
    ids=["lines", "blank", "crlf", "cr", "bom", "list", "indented list", "indented objects", "nan elsewhere"],
)
def test_json_in_the_ways_that_it_is_written(tmp_path: Path, content: bytes) -> None:
    assert texts(train(tmp_path, content)) == [("a b", 0), ("c\u2028d \u00e9", 2)]


TEXTS: st.SearchStrategy[object] = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
LABELS: st.SearchStrategy[object] = st.integers(0, 2)
MORE: st.SearchStrategy[object] = st.none() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)
ROWS = st.lists(
    st.fixed_dictionaries({"text": TEXTS, "label": LABELS}, optional={"more": MORE}), min_size=1, max_size=5
)


@settings(max_examples=100)
@given(ROWS, st.booleans(), st.booleans(), st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), st.booleans())
def test_whatever_json_says_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, object]],
    escaped: bool,
    marked: bool,
    end: str,
    listed: bool,
) -> None:
    written = [json.dumps(row, ensure_ascii=escaped) for row in rows]
    text = f"[{','.join(written)}]" if listed else end.join(written)
    split = train(tmp_path_factory.mktemp("rows"), text.encode("utf-8-sig" if marked else "utf-8"))
    assert texts(split) == [(str(row["text"]).strip(), row["label"]) for row in rows]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"train\.jsonl: the file is empty"),
        (b'{"text": "a", "label": 0}\n{"text": "b", "lab', "Unterminated string.* at line 2, column"),
        (b'{"text": "a", "label": 0}\n{"text": "b", "label": 1},\n', "Expecting value at line 2, column 26"),
        (b'{"text": "a", "label": 0}\n\n{"text": "b", "label": 1, "label": 2}', "a key twice in what begins at line 3"),
        (b'{"text": "a", "label": 0}\n3\n', "row 1 is 3, and no object"),
        (b'[["a", 0]]', r"row 0 is \['a', 0\], and no object"),
        (b"[" * 100_000, "it cannot be read as JSON lines: .*recursion"),
        (b'{"text": "a", "label": ' + b"9" * 5000 + b"}", "it cannot be read as JSON lines: Exceeds the limit"),
        ('{"text": "\u00e9", "label": 0}'.encode("latin1"), "byte 10 is not UTF-8. Save the file in UTF-8"),
        ('{"text": "a", "label": 0}'.encode("utf-16"), "byte 0 is not UTF-8"),
        (b'{"text": "a", "label": 0}\n{"text": "b"}', "row 1, column 'label': label None is out of range"),
        (b'{"text": "a", "label": NaN}', "row 0, column 'label': label nan is out of range"),
        (b'{"text": "a", "label": 1.0}', "row 0, column 'label': label 1.0 is out of range"),
        (b'{"text": "a", "label": true}', "row 0, column 'label': label True is out of range"),
        (b'{"text": "a", "label": ""}', "row 0, column 'label': label '' is out of range"),
        (b'{"text": "a", "label": "1"}', "row 0, column 'label': label '1' is out of range"),
        (b'{"text": "a", "label": " Other"}', "row 0, column 'label': label ' Other' is out of range"),
        (b'{"text": "a", "label": "other"}', "row 0, column 'label': label 'other' is out of range"),
        (b'{"text": NaN, "label": 0}', "row 0, column 'text': nan is no text"),
        (b'{"text": ["a"], "label": [0]}', r"row 0, column 'label': label \[0\] is out of range"),
    ],
)
def test_json_that_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(TextDataError, match=says):
        train(tmp_path, content)


def test_a_file_that_cannot_be_read_is_not_called_broken_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, train=tickets(5))

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(TextDataError, match=r"train\.jsonl: it cannot be read: .*Permission denied") as error:
        train(tmp_path)
    assert "JSON" not in str(error.value)


def test_categories_of_a_data_frame_are_class_names(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    queues = pyarrow.array(["Other", "Billing", "Technical"]).dictionary_encode()
    rows: list[dict[str, object]] = [{"text": str(number)} for number in range(3)]
    parquet(tmp_path / "train.parquet", rows, label=queues)
    assert [row.label for row in train(tmp_path).rows] == [2, 0, 1]


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("label", [0, 1, 2], r"train\.parquet: more than one column 'label'\. It has 'label', 'label', 'text'"),
        ("text.more", ["a", "b", "c"], ""),
    ],
)
def test_parquet_columns_are_told_apart(tmp_path: Path, name: str, values: list[object], says: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet(tmp_path / "train.parquet", tickets(3), **{name: pyarrow.array(values)})
    if not says:
        assert len(train(tmp_path).rows) == 3
        return
    with pytest.raises(TextDataError, match=says):
        train(tmp_path)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": date(2020, 1, 1), "label": 0}, r"column 'text': datetime\.date\(2020, 1, 1\) is no text"),
        ({"text": b"a", "label": 0}, "column 'text': b'a' is no text"),
        ({"text": {"en": "a"}, "label": 0}, r"column 'text': \{'en': 'a'\} is no text"),
        ({"text": "a", "label": 1.0}, "column 'label': label 1.0 is out of range"),
        ({"text": "a", "label": True}, "column 'label': label True is out of range"),
        ({"text": "a", "label": None}, "column 'label': label None is out of range"),
        ({"words": "a", "label": 0}, "no column 'text'. It has 'label', 'words'"),
    ],
)
def test_parquet_that_is_refused(tmp_path: Path, row: dict[str, object], says: str) -> None:
    parquet(tmp_path / "train.parquet", [row])
    with pytest.raises(TextDataError, match=rf"train\.parquet: .*{says}"):
        train(tmp_path)
