"""Which pairs are kept: those whose answer its first token tells."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from iclgd_core.tasks.text.open_answers import NONE, OpenAnswers, open_answers
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from tests.tasks.text.tiny_tokenizers import byte_level, llama_like, reader, unigram, word_piece
from tests.text_models import text_tokenizer

WORD = st.text("abcd", min_size=1, max_size=3)
PIECES = text_tokenizer([" ab ac b ca dd", "x -> ab\nx -> cad"] * 50, size=300)


def kept(pairs: list[tuple[str, str]], tokenizer: PreTrainedTokenizerFast, masked: bool = False) -> OpenAnswers:
    answers = tuple(dict.fromkeys(answer for _, answer in pairs))
    rows = [Example(word, (word,), answers.index(answer)) for word, answer in pairs]
    columns = Columns(("word",), "answer", answers)
    return open_answers(rows, columns, Template("arrow", "{word} ->", answers), reader(tokenizer, masked=masked))


def letters() -> PreTrainedTokenizerFast:
    """Tokens by hand: a space and a letter are one, every other letter is one, the letter z is none."""
    vocabulary = {token: i for i, token in enumerate(["<unk>", "Ġ", "-", ">", *(f"Ġ{x}" for x in "-abc"), *"abc"])}
    merges = [("Ġ", x) for x in "-abc"]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("pairs", "left"),
    [
        ([("c", "a"), ("a", "b")], {"c", "a"}),  # "Ġa", "Ġb": all is well
        ([("c", "ab"), ("a", "ac"), ("b", "cc")], {"b"}),  # "Ġa" begins both ab and ac
        ([("c", "ab"), ("b", "ab")], {"c", "b"}),  # one answer, twice: right is right
        ([("a", "ab"), ("b", "cc")], {"b"}),  # to repeat "a" would be to answer "Ġa"
        ([("a", "z"), ("b", "cc")], {"b"}),  # "Ġ", white space alone
    ],
)
def test_rules_by_hand(pairs: list[tuple[str, str]], left: set[str]) -> None:
    found = kept(pairs, letters())
    assert found.kept == left
    assert found.left_out.startswith(f"{len(pairs) - len(left)} of {len(pairs)} pairs, ")


def test_tokens_by_hand() -> None:
    tokenizer = letters()
    found = kept([("c", "ab"), ("a", "ac"), ("b", "cc")], tokenizer)
    assert found.tokens == (NONE, NONE, tokenizer.convert_tokens_to_ids("Ġc"))


def test_a_masked_model_needs_answers_of_one_token() -> None:
    pairs = [("good", "bad"), ("great", "badly")]  # "bad" is a word of the vocabulary, "badly" are two pieces
    assert kept(pairs, word_piece(), masked=True).kept == {"good"}


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(WORD, WORD, min_size=1, max_size=12),
    st.sampled_from([byte_level, unigram, llama_like, word_piece, lambda: PIECES]),
)
def test_a_kept_token_is_of_no_other_answer_and_no_repetition(given: dict[str, str], make: type) -> None:
    """Said without the code under test: by the tokens of each text, written out."""
    tokenizer, pairs = make(), list(given.items())
    found = kept(pairs, tokenizer)

    def first(word: str, answer: str) -> int | None:
        head, whole = (
            tokenizer(text, add_special_tokens=False)["input_ids"] for text in (f"{word} ->", f"{word} -> {answer}")
        )
        return whole[len(head)] if whole[: len(head)] == head and len(whole) > len(head) else None

    firsts = {word: first(word, answer) for word, answer in pairs}
    begun = Counter(token for token, _ in {(firsts[word], answer) for word, answer in pairs})
    for word, answer in pairs:
        token = firsts[word]
        blank = token is None or token == tokenizer.unk_token_id or not tokenizer.decode([token]).strip(" Ġ▁")
        ways = {firsts[other] for other, same in pairs if same == answer}
        right = not blank and begun[token] == len(ways) == 1 and first(word, word) != token
        assert (word in found.kept) == right
