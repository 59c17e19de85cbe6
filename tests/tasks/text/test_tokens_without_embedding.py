"""A tokenizer that knows more tokens than the model has embeddings for: refused where one is used, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from iclgd_core.errors import VocabularyError
from iclgd_core.tasks.prompts import Reader, check_embedded
from iclgd_core.tasks.text.label_tokens import choose, works
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts
from tests.tasks.text.tiny_tokenizers import byte_level, llama_like, reader, unigram, word_piece

COLUMNS = Columns(("text",), "label", ("neg", "pos"))
TEMPLATE = Template("dai", "Review: {text} Sentiment:", ("Negative", "Positive"))
OTHER = Template("other", "Review: {text} Sentiment:", ("True", "False"))
SHOWN = (Example("train/0", ("the film is good",), 1), Example("train/1", ("it is bad",), 0))
ASKED = (Example("test/0", ("so great a film",), 1),)
READERS = {
    "byte level": reader(byte_level(), bos=True),
    "unigram": reader(unigram(), bos=True),
    "llama": reader(llama_like(), bos=True),
    "masked": reader(word_piece(), masked=True, bos=True),
}


def written(to: Reader, template: Template = TEMPLATE) -> TextPrompts:
    one = TextEpisode("mr", COLUMNS, 0, "evaluation", SHOWN, ASKED)
    return TextPrompts(one, template, to, choose(template, (template, OTHER), COLUMNS, one.queries, to))


def ids(prompts: TextPrompts) -> list[int]:
    """Every id that the episode uses: prompts, examples and labels."""
    order = np.arange(2)
    found = [*prompts.prompts(order), *prompts.prompts(order[:0]), *prompts.examples(order)]
    return [int(token) for prompt in found for token in prompt.ids] + list(prompts.labels.tokens)


@pytest.mark.parametrize("name", READERS)
def test_the_largest_id_that_is_used_decides(name: str) -> None:
    to = READERS[name]
    used = ids(written(to))
    largest = max(used)
    assert largest + 1 < len(to.tokenizer), "the tokenizer must know tokens beyond"
    enough = replace(to, embeddings=largest + 1)
    assert ids(written(enough)) == used
    assert enough.digest == to.digest, "what is measured is known by the token ids, which are the same"
    with pytest.raises(VocabularyError, match=rf"id {largest}, but model 'tiny' has embeddings for {largest} tokens"):
        ids(written(replace(to, embeddings=largest)))


@pytest.mark.parametrize("name", READERS)
def test_a_label_without_an_embedding_is_refused_and_a_template_without_it_named(name: str) -> None:
    to, both = READERS[name], (TEMPLATE, OTHER)
    tokens = {one: max(choose(one, both, COLUMNS, ASKED, to).tokens) for one in both}
    worse, better = sorted(both, key=lambda one: -tokens[one])
    short = replace(to, embeddings=tokens[worse])
    if works(better, COLUMNS, ASKED, short):
        with pytest.raises(VocabularyError, match=rf"Templates of this task that work with it: {better.name}"):
            choose(worse, both, COLUMNS, ASKED, short)
    with pytest.raises(VocabularyError, match=f"id {tokens[worse]}|has embeddings for {tokens[worse]} tokens"):
        choose(worse, both, COLUMNS, ASKED, short)


def test_special_tokens_of_the_prompt_count() -> None:
    """A BOS that was put behind the vocabulary by hand begins every prompt, so the model cannot read any."""
    tokenizer = byte_level().__class__(tokenizer_object=byte_level().backend_tokenizer, bos_token="<new>")
    size = len(byte_level())
    assert tokenizer.bos_token_id == size
    with pytest.raises(VocabularyError, match=rf"'<new>', id {size}"):
        ids(written(replace(reader(tokenizer, bos=True), embeddings=size)))
    ids(written(replace(reader(tokenizer, bos=False), embeddings=size)))
    ids(written(replace(reader(tokenizer, bos=True), embeddings=size + 1)))


def test_a_padding_token_by_hand_is_in_nobody_s_way() -> None:
    tokenizer = llama_like().__class__(
        tokenizer_object=llama_like().backend_tokenizer, bos_token="<s>", unk_token="<unk>"
    )
    size = len(tokenizer)
    tokenizer.add_special_tokens({"pad_token": "<pad>"})
    assert tokenizer.pad_token_id == size
    to = replace(reader(tokenizer, bos=True), embeddings=size)
    assert ids(written(to)) == ids(written(READERS["llama"]))


@pytest.mark.parametrize(("used", "embeddings"), [([], 1), ([3], 4), ([0, 9], None)])
def test_enough_or_unknown_embeddings(used: list[int], embeddings: int | None) -> None:
    check_embedded(used, replace(READERS["llama"], embeddings=embeddings))


def test_the_token_is_shown_without_what_moves_a_terminal() -> None:
    tokenizer = llama_like().__class__(tokenizer_object=llama_like().backend_tokenizer, bos_token="\x1b[2J\u202e")
    with pytest.raises(VocabularyError) as caught:
        check_embedded([tokenizer.bos_token_id], replace(reader(tokenizer), embeddings=3))
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
