"""What is refused before any weight is loaded, and weights that cannot be used."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from iclgd_core.errors import ContextError, ModelError, VocabularyError
from iclgd_core.models import load_model
from iclgd_core.models.preflight import preflight
from iclgd_core.tasks import get_task
from tests.tiny_models import tiny_task


def edit(path: Path, **changes: object) -> str:
    config = json.loads((path / "config.json").read_text()) | changes
    (path / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return str(path)


def test_a_model_that_fits(llama: Path) -> None:
    preflight(str(llama), tiny_task(), 2)


def test_a_vocabulary_without_the_labels(llama: Path) -> None:
    with pytest.raises(VocabularyError, match=r"lacks \d+ of the 150 symbols"):
        preflight(str(llama), get_task("ginc-k5"), 8)


def test_fewer_embeddings_than_the_tokenizer_has_ids(llama: Path) -> None:
    with pytest.raises(VocabularyError, match="has embeddings for 3 tokens"):
        preflight(edit(llama, vocab_size=3, bos_token_id=0, eos_token_id=0), tiny_task(), 2)


def test_a_context_that_is_too_short(llama: Path) -> None:
    task = tiny_task()
    fits = edit(llama, max_position_embeddings=task.prompt_length(2))
    preflight(fits, task, 2)
    with pytest.raises(ContextError, match="3 demonstrations of"):
        preflight(fits, task, 3)


def test_weights_that_are_not_finite(llama: Path) -> None:
    path = llama / "model.safetensors"
    weights = load_file(path)
    name = min(weights)
    weights[name].view(-1)[0] = float("nan")
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not finite, first in"):
        load_model(str(llama))
