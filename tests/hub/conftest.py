"""Files of a small model, as a repository has them."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.tiny_models import tiny_model


def saved(out: Path) -> Path:
    model = tiny_model()
    model.module.save_pretrained(out)
    model.tokenizer.save_pretrained(out)
    return out


def sharded(path: Path) -> Path:
    """Split the weights of a saved model in two, with an index."""
    weights = load_file(path / "model.safetensors")
    names = sorted(weights)
    halves = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, keys in halves.items():
        save_file({key: weights[key] for key in keys}, path / file, metadata={"format": "pt"})
    weight_map = {key: file for file, keys in halves.items() for key in keys}
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    (path / "model.safetensors").unlink()
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(path.iterdir()) if file.is_file()}


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A tiny Llama model in one file."""
    return contents(saved(tmp_path_factory.mktemp("whole") / "tiny"))


@pytest.fixture(scope="session")
def sharded_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same in two shards."""
    return contents(sharded(saved(tmp_path_factory.mktemp("sharded") / "tiny")))


@pytest.fixture
def folder(tmp_path: Path, model_files: dict[str, bytes]) -> Path:
    """A model folder, free to be damaged."""
    out = tmp_path / "tiny"
    out.mkdir()
    for name, content in model_files.items():
        (out / name).write_bytes(content)
    return out
