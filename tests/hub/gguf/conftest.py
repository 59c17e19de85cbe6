"""Each test has a cache of its own."""

from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.hub.gguf.tiny import module_of, write_gguf


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that dequantised models are kept below."""
    cache = tmp_path / "assets"
    monkeypatch.setattr(constants, "HF_ASSETS_CACHE", str(cache))
    return cache / "iclgd" / "gguf"


@pytest.fixture
def file(tmp_path: Path, content: bytes) -> Path:
    """A tiny Llama in float32."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, once for all tests."""
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", module_of())


@pytest.fixture(scope="session")
def content(written: Path) -> bytes:
    """Its bytes."""
    return written.read_bytes()
