"""Model directories to load from."""

from pathlib import Path

import pytest

from tests.tiny_models import ARCHITECTURES, tiny_model


def save(architecture: str, out: Path) -> Path:
    model = tiny_model(architecture)
    model.module.save_pretrained(out)
    model.tokenizer.save_pretrained(out)
    return out


@pytest.fixture(params=ARCHITECTURES)
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A saved tiny model of each architecture, free to be damaged."""
    return save(request.param, tmp_path / "ginc-tiny")


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    """A saved tiny Llama model, free to be damaged."""
    return save("llama", tmp_path / "ginc-tiny")
