"""JSON that others wrote: what is read, and each way in which it is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import ModelError
from iclgd_core.hub.strict_json import MAX_DEPTH, read_object

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    return path


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_what_is_well_formed_is_read(tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("json") / "config.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert read_object(path) == json.loads(json.dumps(value))


def nested(depth: int) -> bytes:
    return b'{"a": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_the_deepest_that_is_read(tmp_path: Path) -> None:
    assert read_object(written(tmp_path, nested(MAX_DEPTH)))
    with pytest.raises(ModelError, match=f"nested deeper than {MAX_DEPTH}"):
        read_object(written(tmp_path, nested(MAX_DEPTH + 1)))


def test_the_largest_that_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a": 1}')
    assert read_object(path, 8) == {"a": 1}
    with pytest.raises(ModelError, match="has 8 bytes, and at most 7"):
        read_object(path, 7)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    assert read_object(written(tmp_path, b'\xef\xbb\xbf{"a": -Infinity}')) == {"a": float("-inf")}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"[1]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' is there twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (nested(100_000), "nested deeper"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "config.json: "),
    ],
)
def test_what_is_not_read(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        read_object(written(tmp_path, content))
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value)) < 500


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ModelError, match="not a plain file"):
            read_object(path)
