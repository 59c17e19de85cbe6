"""The store measures once, finds nothing that another key decided, and survives damage, full disks and bad places."""

import errno
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.errors import StorageError
from iclgd_core.lab.store import CorruptMeasurementWarning, Store, code_version, digest_of
from iclgd_core.lab.store.key import Key

ARRAYS: dict[str, NDArray[np.generic]] = {
    "log_probs": np.linspace(-3.0, 0.0, 24, dtype=np.float32).reshape(2, 3, 4),
    "diverged": np.array([[True, False]]),
    "count": np.array([7], dtype=np.int64),
}
KEY: Key = {"model": "aa", "learner": "gd", "learning_rates": [0.1, 0.2], "shots": 8}


class Counted:
    """A computation that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Mapping[str, NDArray[np.generic]]:
        self.calls += 1
        return ARRAYS


def same(found: Mapping[str, NDArray[np.generic]]) -> bool:
    return found.keys() == ARRAYS.keys() and all(
        found[name].dtype == array.dtype and np.array_equal(found[name], array) for name, array in ARRAYS.items()
    )


def measured(store: Store, key: Key = KEY) -> int:
    """Measure, and return how often the computation ran."""
    compute = Counted()
    assert same(store.measure(key, compute))
    return compute.calls


def only_file(root: Path) -> Path:
    (path,) = root.rglob("*.safetensors")
    return path


def leftovers(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if path.suffix == ".tmp"]


def test_measured_once_by_this_store_and_the_next(tmp_path: Path) -> None:
    assert [measured(Store(tmp_path)), measured(Store(tmp_path)), measured(Store(tmp_path))] == [1, 0, 0]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [{"model": "ab"}, {"learning_rates": [0.1, 0.3]}, {"learning_rates": [0.1]}, {"shots": 4}, {"part": "whole"}],
)
def test_any_other_setting_is_measured_again(tmp_path: Path, change: dict[str, str | int | list[float]]) -> None:
    store = Store(tmp_path)
    assert [measured(store), measured(store, {**KEY, **change}), measured(store)] == [1, 1, 0]


@pytest.mark.parametrize("name", ["code", "torch", "transformers"])
def test_any_other_code_or_library_is_measured_again(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    assert measured(store) == 1
    parts = {"code": code_version(), "torch": "1", "transformers": "1"}
    monkeypatch.setattr("iclgd_core.lab.store.store.environment", lambda: {**parts, name: "another"})
    assert measured(store) == 1


def test_keys_are_canonical_and_plain() -> None:
    assert digest_of(KEY) == digest_of(dict(reversed(list(KEY.items()))))
    with pytest.raises(ValueError, match="Out of range float"):
        digest_of({"rate": float("nan")})
    with pytest.raises(TypeError):
        digest_of({"rate": np.float32(1.0)})  # type: ignore[dict-item]


def damaged(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "flipped":
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    elif how == "truncated":
        path.write_bytes(data[:-1])
    elif how == "header":
        path.write_bytes(data[:40])
    elif how == "empty":
        path.write_bytes(b"")


@pytest.mark.parametrize("how", ["flipped", "truncated", "header", "empty"])
def test_a_damaged_file_is_put_aside_and_measured_again(tmp_path: Path, how: str) -> None:
    store = Store(tmp_path)
    measured(store)
    path = only_file(tmp_path)
    damaged(path, how)
    broken = path.read_bytes()
    with pytest.warns(CorruptMeasurementWarning, match="moved to .* measured again"):
        assert measured(store) == 1
    assert path.with_suffix(".corrupt").read_bytes() == broken
    assert measured(store) == 0


def test_a_file_under_the_name_of_another_key_is_not_believed(tmp_path: Path) -> None:
    store, other = Store(tmp_path), {**KEY, "model": "ab"}
    measured(store)
    first = only_file(tmp_path)
    measured(store, other)
    (second,) = set(tmp_path.rglob("*.safetensors")) - {first}
    shutil.copy(first, second)
    with pytest.warns(CorruptMeasurementWarning, match="its key is another one"):
        assert measured(store, other) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(place=st.floats(0.0, 1.0, exclude_max=True), value=st.integers(1, 255))
def test_no_changed_byte_is_ever_returned_as_a_measurement(tmp_path: Path, place: float, value: int) -> None:
    store = Store(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorruptMeasurementWarning)
        measured(store)
        path = only_file(tmp_path)
        data = bytearray(path.read_bytes())
        data[int(place * len(data))] ^= value
        path.write_bytes(data)
        measured(store)
        assert measured(store) == 0


def test_fresh_ignores_older_runs_and_shares_within_its_own(tmp_path: Path) -> None:
    assert measured(Store(tmp_path, run="one")) == 1
    assert measured(Store(tmp_path, fresh=True, run="two")) == 1
    assert measured(Store(tmp_path, fresh=True, run="two")) == 0
    assert measured(Store(tmp_path, fresh=True, run="three")) == 1
    assert measured(Store(tmp_path, run="four")) == 0


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/below.*Not a directory.*--iclgd-cache DIR"):
        Store(tmp_path / "file" / "below")
    with pytest.raises(StorageError):
        Store(tmp_path / "file")
    assert measured(Store(tmp_path / "new" / "deep")) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_does_not_lose_the_measurement(tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    store = Store(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("iclgd_core.lab.store.store.os.fsync", full)
        with pytest.warns(UserWarning, match=f"was not kept: {os.strerror(code)}"):
            assert measured(store) == 1
    assert leftovers(tmp_path) == []
    assert list(tmp_path.rglob("*.safetensors")) == []
    assert [measured(store), measured(store)] == [1, 0]


def test_any_other_failure_to_write_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr("iclgd_core.lab.store.store.os.fsync", broken)
    with pytest.raises(OSError, match="input/output"):
        Store(tmp_path).measure(KEY, Counted())
    assert leftovers(tmp_path) == []


def test_a_failed_computation_stores_nothing_and_frees_the_key(tmp_path: Path) -> None:
    def fails() -> Mapping[str, NDArray[np.generic]]:
        raise RuntimeError("no result")

    store = Store(tmp_path)
    with pytest.raises(RuntimeError, match="no result"):
        store.measure(KEY, fails)
    assert [measured(store), measured(store)] == [1, 0]


def test_the_directory_is_the_user_s_own(tmp_path: Path) -> None:
    root = tmp_path / "new"
    measured(Store(root))
    assert [path.stat().st_mode & 0o077 for path in (root, only_file(root).parent, only_file(root))] == [0, 0, 0]


def test_looking_alone_finds_what_verifies_and_repairs_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.find(KEY) is None
    assert measured(store) == 1
    found = store.find(KEY)
    assert found is not None
    assert same(found)
    assert Store(tmp_path, fresh=True, run="another").find(KEY) is None
    [path] = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    assert store.find(KEY) is None
    assert path.exists(), "left for measure, which holds the lock"
