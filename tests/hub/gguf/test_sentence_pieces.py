"""Tokenizers of SentencePiece: the neighbours whose joined token has the highest score are joined first."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from iclgd_core.errors import ModelError
from iclgd_core.models.language.loading import load_model
from tests.hub.gguf.tiny import module_of, write_gguf

PIECES = {"▁": -9.0, "a": -10.0, "b": -11.0, "c": -12.0, "ab": -2.0, "bc": -1.0, "abc": -4.0, "▁a": -3.0, "▁▁": -5.0}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TOKENS = ["<unk>", "<s>", "</s>", *BYTES, *PIECES]
SAID: dict[str, Any] = {
    "tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": None, "tokenizer.ggml.merges": None,
    "tokenizer.ggml.tokens": TOKENS, "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, *[1] * len(PIECES)],
    "tokenizer.ggml.scores": [0.0] * 259 + list(PIECES.values()), "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.add_bos_token": None,
}  # fmt: skip


def loaded(path: Path, **changed: Any) -> PreTrainedTokenizerBase:
    said = SAID | {f"tokenizer.ggml.{key}": value for key, value in changed.items()}
    return load_model(str(write_gguf(path, module_of(), metadata=said))).tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("pieces")
        patch.setattr("huggingface_hub.constants.HF_ASSETS_CACHE", str(folder))
        return loaded(folder / "pieces.gguf")


def by_hand(text: str) -> list[int]:
    parts = list("▁" + text.replace(" ", "▁"))
    while True:
        joined = [(PIECES[left + right], -i) for i, (left, right) in enumerate(pairwise(parts))
                  if left + right in PIECES]  # fmt: skip
        if not joined:
            break
        at = -max(joined)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    ids = []
    for part in parts:
        ids += [TOKENS.index(part)] if part in PIECES else [3 + byte for byte in part.encode()]
    return ids


@given(text=st.text("abc xé", min_size=1, max_size=12))
def test_ids_are_those_of_the_highest_scores(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert ids == by_hand(text)
    assert tokenizer.decode(ids) == text


def test_bos_stands_before_a_text_and_eos_never_behind_it(tokenizer: PreTrainedTokenizerBase) -> None:
    assert tokenizer("ab")["input_ids"] == [1, *by_hand("ab")]


def test_no_space_is_put_before_a_text_where_the_file_says_so(tmp_path: Path) -> None:
    plain = loaded(tmp_path / "plain.gguf", add_space_prefix=False, add_bos_token=False)
    assert plain.tokenize("ab a") == ["ab", "▁a"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scores": [0.0]}, "scores has not one number for each"),
        ({"scores": None}, "scores has not one number for each"),
        ({"unknown_token_id": None}, "names no unknown_token_id"),
        ({"token_type": [2, 3, 3, 1, *[6] * 255, *[1] * len(PIECES)]}, "1 of the 256 bytes have no token"),
        ({"unknown_token_id": 272}, "unknown token is 272|unknown_token_id is 272"),
    ],
)
def test_a_vocabulary_that_lacks_something_is_refused(changed: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        loaded(tmp_path / "pieces.gguf", **changed)
