"""A file is dequantised once, into a folder that is known by the file's content and whole or not there."""

import os
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from fixtures.doctor.subject import describe
from iclgd_core.errors import IclgdError, ModelError, StorageError
from iclgd_core.hub import download
from iclgd_core.hub.gguf import kept
from iclgd_core.hub.gguf.origin import Origin
from iclgd_core.hub.gguf.writing import write_folder
from iclgd_core.hub.resolve import ensure_available, resolve_model
from iclgd_core.hub.source import GgufFile, parse
from iclgd_core.models.language.loading import load_model
from tests.hub.gguf.tiny import module_of, write_gguf


def test_a_path_of_a_gguf_file_means_the_file(file: Path) -> None:
    assert parse(str(file)) == GgufFile(str(file), file)


@pytest.mark.parametrize("name", ["tinny.gguf", "owner/tiny.gguf", "/absent.gguf", "~nobody/x.gguf", "a\0.gguf"])
def test_a_path_that_leads_nowhere_is_called_so(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(ModelError, match="no such file") as error:
        parse(name)
    assert ("Nearest there: tiny.gguf" in str(error.value)) == (name in ("tinny.gguf", "a\0.gguf"))


def test_a_folder_of_gguf_files_alone_is_told_to_be_given_by_its_file(file: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        (file.parent / name).write_text('{"model_type": "llama"}')
    with pytest.raises(ModelError, match=r"but tiny\.gguf\. Give that file in place of the folder"):
        resolve_model(str(file.parent))


def test_it_is_dequantised_once_and_found_by_its_content(
    file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = resolve_model(str(file))
    assert first.path.parent == own_cache
    moved = file.rename(file.with_name("moved.gguf"))
    monkeypatch.setattr(kept, "write_folder", lambda *given: pytest.fail("written again"))
    again = ensure_available([str(moved)]).sources[str(moved)]
    assert (again.path, again.origin, again.kind) == (first.path, first.origin, "gguf")
    assert [one.name for one in own_cache.iterdir()] == [first.path.name]


def test_another_content_is_another_folder_and_another_model(file: Path, content: bytes) -> None:
    first = resolve_model(str(file)).path
    before = load_model(str(file)).digest
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(file, ns=(1, 1))
    assert resolve_model(str(file)).path != first
    assert load_model(str(file)).digest != before


def test_what_it_was_made_of_is_known(file: Path) -> None:
    origin = resolve_model(str(file)).origin
    assert origin == Origin("tiny.gguf", kept.file_hash(file), "F32: 20 tensors", "mit", "tiny")
    assert describe(str(file), may_ask=False).origin == origin
    assert str(origin) == (
        f"dequantised from GGUF: tiny.gguf (F32: 20 tensors), SHA-256 {origin.sha256}, licence mit, made of tiny"
    )


def test_what_a_file_says_of_itself_is_shown_without_control_characters(tmp_path: Path) -> None:
    said = {"general.license": "\x1b[2Jfree\u202e", "general.name": "x" * 5000}
    origin = resolve_model(str(write_gguf(tmp_path / "tiny.gguf", module_of(), metadata=said))).origin
    assert "licence [2Jfree, made of xxx" in str(origin)
    assert len(str(origin)) < 500


def test_a_damaged_folder_is_made_anew_where_content_is_checked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    weights = resolve_model(str(file)).path / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    ensure_available([str(file)])
    assert weights.read_bytes() != whole
    ensure_available([str(file)], thorough=True)
    assert weights.read_bytes() == whole
    weights.unlink()
    ensure_available([str(file)], thorough=True)
    assert weights.read_bytes() == whole


def test_a_process_that_ends_early_leaves_no_folder(
    file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept, "write_folder", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            resolve_model(str(file))
    assert list(own_cache.iterdir()) == []
    assert resolve_model(str(file)).path.is_dir()


def test_the_folder_of_a_process_that_was_first_is_taken(
    file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = write_folder

    def second(path: Path, header: object, folder: Path) -> str:
        said = write(path, header, folder)  # type: ignore[arg-type]
        first = own_cache / folder.name[1:].rpartition("-")[0]
        shutil.copytree(folder, first.with_name(f"{first.name}-{kept.EDITION}"))
        (first.with_name(f"{first.name}-{kept.EDITION}") / kept.ORIGIN).write_text('{"file": "first"}')
        return said

    monkeypatch.setattr(kept, "write_folder", second)
    origin = resolve_model(str(file)).origin
    assert origin is not None
    assert origin.file == "first"
    assert len(list(own_cache.iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_one_clear_error(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(constants, "HF_ASSETS_CACHE", str(tmp_path / "taken"))
    with pytest.raises(StorageError, match="set HF_ASSETS_CACHE to another folder"):
        resolve_model(str(file))


def test_too_little_room_is_told_before_anything_is_written(
    file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    with pytest.raises(IclgdError, match="set HF_ASSETS_CACHE to a folder on a larger disk"):
        resolve_model(str(file))
    assert not own_cache.exists()
