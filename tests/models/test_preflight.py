"""What is refused before any weight is loaded, and weights that cannot be used."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from fixtures.doctor.subject import lengths_or_why
from iclgd_core.errors import ContextError, ModelError, VocabularyError
from iclgd_core.models.language.loading import load_model
from iclgd_core.models.language.preflight import preflight
from iclgd_core.tasks import get_task
from iclgd_core.tasks.prompts import Prompt
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


def with_embeddings(path: Path, rows: int) -> str:
    """Keep the first rows of the embedding and of the output matrix; the tokenizer stays as it is."""
    file = path / "model.safetensors"
    names = ("model.embed_tokens.weight", "lm_head.weight")
    cut = {key: weight[:rows].clone() if key in names else weight for key, weight in load_file(file).items()}
    save_file(cut, file, metadata={"format": "pt"})
    return edit(path, vocab_size=rows, bos_token_id=0, eos_token_id=0)


def test_a_tokenizer_with_more_tokens_than_embeddings_is_no_fault_unless_one_is_used(llama: Path) -> None:
    """12 symbols and two special tokens, which a GINC prompt does not use."""
    tokenizer = AutoTokenizer.from_pretrained(llama)
    assert len(tokenizer) == 14
    whole, few = str(llama), with_embeddings(Path(shutil.copytree(llama, llama.with_name("few"))), 12)
    drawn = [tiny_task().episode(0, "evaluation", i, 3) for i in range(2)]
    found = []
    for name in (whole, few):
        reader = preflight(name, tiny_task(), 2)
        model = load_model(name)
        assert model.reader.embeddings == reader.embeddings == (14 if name == whole else 12)
        written = [tiny_task().encode(episode, model.reader).prompts(np.arange(2)) for episode in drawn]
        found.append(np.asarray(model.log_probs(written, np.array([0]))))
    of_symbols = found[0][..., :12] - np.logaddexp.reduce(found[0][..., :12], axis=-1, keepdims=True)
    np.testing.assert_allclose(found[1], of_symbols, atol=1e-5)


def test_a_symbol_without_an_embedding_is_refused(llama: Path) -> None:
    few = with_embeddings(llama, 11)
    with pytest.raises(VocabularyError, match=r"uses the token '.', id 11, but model .* has embeddings for 11 tokens"):
        preflight(few, tiny_task(), 2)
    with pytest.raises(VocabularyError, match=r"id 11, but model .* has embeddings for 11 tokens, ids up to 10\. Give"):
        tiny_task().encode(tiny_task().episode(0, "evaluation", 0, 3), load_model(few).reader)


@pytest.mark.parametrize(("ids", "label"), [([1, 14], 0), ([1, 2], 14)])
def test_ids_that_did_not_come_from_the_tokenizer_are_refused_before_the_model_sees_them(
    llama: Path, ids: list[int], label: int
) -> None:
    model = load_model(str(llama))
    model.log_probs([[Prompt(np.array([1, 13]), 1)]], np.array([13]))
    with pytest.raises(VocabularyError, match="id 14, but"):
        model.log_probs([[Prompt(np.array(ids), 1)]], np.array([label]))


def test_a_padding_token_added_by_hand_is_no_fault(llama: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(llama)
    tokenizer.add_special_tokens({"pad_token": "<added>"})
    assert tokenizer.pad_token_id == 14
    tokenizer.save_pretrained(llama)
    preflight(str(llama), tiny_task(), 2)
    assert lengths_or_why(tiny_task(), str(llama), here=True)[1] == ""


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
