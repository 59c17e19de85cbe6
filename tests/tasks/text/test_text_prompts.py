"""Prompts in tokens, under tokenizers of every kind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from iclgd_core.errors import ContextError, VocabularyError
from iclgd_core.tasks.prompts import EpisodePrompts, Reader
from iclgd_core.tasks.text.first_tokens import first_tokens
from iclgd_core.tasks.text.label_tokens import LabelTokens, choose
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.template import Template
from iclgd_core.tasks.text.text_episode import TextEpisode
from iclgd_core.tasks.text.text_prompts import TextPrompts, longest_prompt
from tests.tasks.text.tiny_tokenizers import byte_level, llama_like, reader, unigram, word_piece

COLUMNS = Columns(("text",), "label", ("neg", "pos"))
MR = Template("dai", "Review: {text} Sentiment:", ("Negative", "Positive"))
LINES = Template("lines", "{text}\nQuestion: good?\nAnswer:", ("True", "False"), "Read these.\n\n", "\n\n")
READERS = {
    "byte level": reader(byte_level(), bos=True),
    "byte level, no bos": reader(byte_level()),
    "unigram": reader(unigram(), bos=True),
    "llama": reader(llama_like(), bos=True),
    "masked": reader(word_piece(), masked=True, bos=True),
}


def rows(split: str, texts: list[str]) -> tuple[Example, ...]:
    return tuple(Example(f"{split}/{n}", (text,), n % 2) for n, text in enumerate(texts))


def episode(shown: list[str], asked: list[str]) -> TextEpisode:
    return TextEpisode("mr", COLUMNS, 0, "evaluation", rows("train", shown), rows("test", asked))


def written(one: TextEpisode, template: Template, to: Reader) -> TextPrompts:
    return TextPrompts(one, template, to, choose(template, (template,), COLUMNS, one.queries, to))


def plain_ids(to: Reader, text: str) -> list[int]:
    ids = list(to.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])
    if {1, 2} & set(ids) and to is READERS["unigram"]:  # whose model has "<s>" and "</s>" as pieces
        return plain_ids(to, text.replace("</s>", "< /s>").replace("<s>", "< s>"))
    return ids


def expected(to: Reader, text: str) -> list[int]:
    """The prompt written in the simplest way: the whole text, then the special tokens around it."""
    if to.masked:
        t = to.tokenizer
        return [t.cls_token_id, *plain_ids(to, text), t.mask_token_id, t.sep_token_id]
    return [to.tokenizer.bos_token_id] * to.bos + plain_ids(to, text)


SMALL = episode(["the film is good", "it is bad", "so great a film"], ["the film is great", "bad it is"])


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("template", [MR, LINES], ids=lambda template: template.name)
def test_prompts_are_the_whole_text_tokenised(name: str, template: Template) -> None:
    to = READERS[name]
    prompts: EpisodePrompts = written(SMALL, template, to)
    for order in ([], [0], [2, 0, 1]):
        for number, prompt in enumerate(prompts.prompts(np.array(order, dtype=np.int64))):
            text = template.instruction
            for shown in order:
                row = SMALL.demonstrations[shown]
                text += template.layout.format(text=row.fields[0])
                text += " " + template.words[row.label] + template.separator
            text += template.layout.format(text=SMALL.queries[number].fields[0])
            assert prompt.ids.tolist() == expected(to, text)
            assert prompt.ids.dtype == np.int64
            at = prompt.ids[prompt.readout]
            assert at == (to.tokenizer.mask_token_id if to.masked else prompt.ids[-1])
            assert to.tokenizer.eos_token_id not in prompt.ids


TEXTS = st.lists(
    st.text(st.sampled_from("abe IN.,'?\n\té<s>/[MASK]▁0"), min_size=1, max_size=40).map(str.strip).filter(bool),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(TEXTS, TEXTS, st.sampled_from(sorted(READERS)), st.sampled_from([MR, LINES]))
def test_shared_heads_change_no_token(shown: list[str], asked: list[str], name: str, template: Template) -> None:
    to = READERS[name]
    shown = [*shown, "a film that is so good, so great and so bad that it is neither"]
    prompts = written(episode(shown, asked), template, to)
    order = np.arange(len(shown))[::-1]
    for number, prompt in enumerate(prompts.prompts(order)):
        assert prompt.ids.tolist() == expected(to, prompts.text(order, number))


def test_the_head_is_tokenised_once_where_the_tokenizer_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    inner = byte_level().__class__.__call__

    def counted(self: object, text: list[str], **options: object) -> object:
        seen.append(sum(map(len, text)))
        return inner(self, text, **options)

    monkeypatch.setattr(byte_level().__class__, "__call__", counted)
    big = episode(["the film is good and great " * 8] * 4, [f"bad {n}" for n in range(20)])
    prompts = written(big, MR, READERS["byte level"])
    prompts.prompts(np.array([0]))
    seen.clear()
    order = np.array([3, 1, 0, 2])
    length = len(prompts.text(order, 0))
    prompts.prompts(order)
    assert sum(seen) < 6 * length  # 20 whole prompts would be 20 times the length
    seen.clear()
    prompts.prompts(order)
    assert not seen  # remembered


@pytest.mark.parametrize("name", sorted(READERS))
def test_targets_and_answers_are_the_first_tokens_of_the_labels(name: str) -> None:
    to = READERS[name]
    prompts = written(SMALL, MR, to)
    behind = {
        label: plain_ids(to, f"Review: x Sentiment: {word}")[len(plain_ids(to, "Review: x Sentiment:"))]
        for label, word in enumerate(MR.words)
    }
    assert prompts.answers.tolist() == [behind[row.label] for row in SMALL.queries]
    assert prompts.targets(np.array([2, 1])).tolist() == [behind[0], behind[1]]
    assert prompts.label_set.tolist() == sorted(behind.values())
    assert prompts.pool == 3


@pytest.mark.parametrize("name", sorted(READERS))
def test_examples_are_zero_shot_prompts_of_the_demonstrations(name: str) -> None:
    to = READERS[name]
    prompts = written(SMALL, LINES, to)
    examples = prompts.examples(np.array([1, 0]))
    for index, prompt in zip((1, 0), examples, strict=True):
        text = LINES.instruction + LINES.layout.format(text=SMALL.demonstrations[index].fields[0])
        assert prompt.ids.tolist() == expected(to, text)


@pytest.mark.parametrize("name", sorted(set(READERS) - {"masked"}))
@pytest.mark.parametrize("template", [MR, LINES], ids=lambda t: t.name)
def test_what_is_shown_is_the_text_before_a_query(template: Template, name: str) -> None:
    found = written(episode(["bad", "a good film"], ["good"]), template, READERS[name])
    head = template.instruction + "".join(
        template.layout.format(text=text) + " " + template.words[label] + template.separator
        for text, label in (("a good film", 1), ("bad", 0))
    )
    shown = found.shown(np.array([1, 0]))
    assert shown.ids.tolist() == expected(READERS[name], head)
    assert shown.readout == len(shown.ids) - 1
    if name.startswith("byte level"):  # which cuts at a line break
        whole = found.prompts(np.array([1, 0]))[0].ids
        np.testing.assert_array_equal(whole[: len(shown.ids)], shown.ids)


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_text_cannot_write_special_tokens(name: str) -> None:
    to = READERS[name]
    spelled = "[MASK] <s> a </s> [SEP] b [CLS]"
    prompts = written(episode([spelled], [spelled, "a"]), MR, to)
    for prompt in [*prompts.prompts(np.array([0])), *prompts.examples(np.array([0]))]:
        special = set(to.tokenizer.all_special_ids) - {to.tokenizer.unk_token_id}
        inside = prompt.ids.tolist()
        kept = [token for token in inside if token in special]
        assert len(kept) == (3 if to.masked else int(to.bos))


def test_the_text_behind_a_label_follows_the_mask() -> None:
    template = Template("dot", "Review: {text} Sentiment:", ("Negative", "Positive"), after=" .")
    to = READERS["masked"]
    prompt = written(SMALL, template, to).prompts(np.array([0]))[0]
    ids, t = prompt.ids.tolist(), to.tokenizer
    assert ids[prompt.readout :] == [t.mask_token_id, t.convert_tokens_to_ids("."), t.sep_token_id]
    assert t.decode(ids).count("negative. review") == 1  # behind the demonstration's label too
    causal = written(SMALL, template, READERS["byte level"])
    assert causal.text(np.array([0]), 0) == (
        "Review: the film is good Sentiment: Negative .\nReview: the film is great Sentiment:"
    )


def test_labels_with_one_first_token_are_refused_with_advice() -> None:
    alike = Template("alike", "Review: {text} Sentiment:", ("negative", "neg"))
    worse = Template("worse", "Review: {text} Sentiment:", ("qzx", "qzy"))
    to = READERS["byte level"]
    with pytest.raises(VocabularyError) as error:
        choose(worse, (alike, worse, MR, LINES), COLUMNS, SMALL.queries, to)
    text = str(error.value)
    assert "'qzx' and 'qzy' both begin with 'Ġ" in text
    assert "Templates of this task that work with it: " in text
    assert "dai, lines (--iclgd-template)" in text
    with pytest.raises(VocabularyError, match="No other template of this task works with it"):
        choose(worse, (worse,), COLUMNS, SMALL.queries, to)


def test_labels_that_are_told_apart_are_accepted() -> None:
    for to in READERS.values():
        assert len(set(choose(MR, (MR,), COLUMNS, SMALL.queries, to).tokens)) == 2


def test_a_masked_model_needs_labels_of_one_token() -> None:
    long = Template("long", "Review: {text} Sentiment:", ("Negative", "so good"))
    with pytest.raises(VocabularyError, match=r"these labels are several: 'so good'.*that work with it: dai"):
        choose(long, (long, MR), COLUMNS, SMALL.queries, READERS["masked"])


def test_a_label_that_joins_the_text_before_it_is_refused() -> None:
    assert plain_ids(_JOINS, ": N") == [101]
    choose(MR, (MR,), COLUMNS, SMALL.queries, READERS["llama"])
    with pytest.raises(VocabularyError, match="joins label 'Negative' with the text before it"):
        choose(MR, (MR,), COLUMNS, SMALL.queries, _JOINS)


def test_a_label_outside_the_vocabulary_is_refused() -> None:
    template = Template("t", "{text} Sentiment:", ("你", "好"))
    with pytest.raises(VocabularyError, match="cannot write label '你'"):
        choose(template, (template,), COLUMNS, SMALL.queries, READERS["masked"])


def test_a_reader_without_the_token_it_asks_for() -> None:
    masked = reader(byte_level(), masked=True)
    with pytest.raises(VocabularyError, match="has no CLS token"):
        written(SMALL, MR, masked).prompts(np.arange(0))
    assert reader(word_piece(), bos=True).tokenizer.bos_token_id is None
    first = written(SMALL, MR, reader(word_piece(), bos=True)).prompts(np.arange(0))[0]
    assert first.ids[0] == word_piece().cls_token_id


def test_more_demonstrations_than_the_pool() -> None:
    prompts = written(SMALL, MR, READERS["byte level"])
    for method in (prompts.prompts, prompts.examples, prompts.targets):
        with pytest.raises(ContextError, match="ask for at most 3"):
            method(np.arange(4))
    with pytest.raises(ContextError):
        prompts.longest(4)


def test_the_digest_covers_all_that_decides_tokens() -> None:
    to = READERS["byte level"]
    prompts = written(SMALL, MR, to)
    again = written(SMALL, MR, reader(byte_level(), bos=True))
    others = [
        written(SMALL, MR, READERS["byte level, no bos"]),
        written(SMALL, MR, READERS["unigram"]),
        written(SMALL, replace(MR, separator="\n\n"), to),
        written(SMALL, replace(MR, words=("Positive", "Negative")), to),
        written(replace(SMALL, queries=SMALL.queries[:1]), MR, to),
    ]
    assert again.digest == prompts.digest
    assert len({prompts.digest, *(other.digest for other in others)}) == 1 + len(others)


@pytest.mark.parametrize("name", sorted(READERS))
def test_longest_prompt_is_the_longest(name: str) -> None:
    one = episode(["the film is good"] * 5, ["bad", "the film is so very bad that it is great " * 3, "it"])
    prompts = written(one, MR, READERS[name])
    for shots in (0, 1, 5):
        lengths = [len(prompt.ids) for prompt in prompts.prompts(np.arange(shots))]
        assert longest_prompt([prompts, written(SMALL, MR, READERS[name])][:1], shots) == max(lengths)
    assert longest_prompt([], 3) == 0


def test_first_tokens_by_hand() -> None:
    shown = first_tokens(written(SMALL, MR, READERS["llama"]), shots=1, count=3)
    first, last, labels = shown["first"], shown["last"], shown["labels"]
    assert isinstance(first, list)
    assert isinstance(last, list)
    assert isinstance(labels, dict)
    assert first[0] == {"id": 1, "token": "<s>"}
    assert len(first) == len(last) == 3
    assert shown["begins with"] == "<s>, id 1"
    assert shown["leading space"] == "the tokenizer adds one to the first word"
    assert shown["end"] == "the last token before the label; no EOS"
    assert set(labels) == {"Negative", "Positive"}
    plain = first_tokens(written(SMALL, MR, READERS["byte level, no bos"]))
    assert plain["begins with"] == "the text: no BOS"
    assert plain["leading space"] == "none is added to the first word"
    assert plain["label space"] == "part of the label's token"
    masked = first_tokens(written(SMALL, MR, READERS["masked"]), shots=99)
    assert masked["demonstrations"] == 3
    assert masked["begins with"] == f"[CLS], id {word_piece().cls_token_id}"
    assert masked["end"] == "mask, then SEP; no EOS"


def _joining() -> Reader:
    """A tokenizer with a token across the space before a label, which byte-level ones never have."""
    letters = sorted(set("Review: the film is good bad great it Sentiment: NegativePositive\n"))
    vocabulary = {letter: number for number, letter in enumerate(letters)} | {": ": 100, ": N": 101}
    model = models.BPE(vocab=vocabulary, merges=[(":", " "), (": ", "N")])
    return reader(PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model)))  # type: ignore[no-untyped-call]


_JOINS = _joining()


def made_of(letters: str, merges: list[tuple[str, str]], split: str = "", **special: str) -> Reader:
    """A tokenizer of single letters and the given merges, cut where a pattern matches."""
    vocabulary = {letter: number for number, letter in enumerate(sorted(set(letters)))}
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    if split:
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(split), "isolated")
    return reader(PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special))  # type: ignore[no-untyped-call]


def test_a_label_whose_token_depends_on_the_text_is_refused() -> None:
    bare = Template("bare", "{text}", ("N", "P"))
    to = made_of("ab NP", [(" ", "N"), (" ", "P")], split="(?<=b) ")
    alike = [row("a"), row("aa")]
    assert len(set(choose(bare, (bare,), COLUMNS, alike, to).tokens)) == 2
    with pytest.raises(
        VocabularyError, match=r"the token of a label depends on the text before it \(2 ways over 2 rows"
    ):
        choose(bare, (bare,), COLUMNS, [row("a"), row("b")], to)


def row(text: str) -> Example:
    return Example("test/0", (text,), 0)


def test_text_behind_a_label_that_changes_it_is_refused() -> None:
    dotted = Template("dotted", "{text}:", ("N", "P"), after=".")
    to = made_of("ab: NP.", [(" ", "N"), (" ", "P"), (" N", ".")])
    choose(dotted, (dotted,), COLUMNS, [row("a")], to)  # a causal model never reads what is behind the label
    masked = Reader("tiny", to.tokenizer, 64, masked=True)
    with pytest.raises(VocabularyError, match=r"the text '\.' behind the label changes its tokens"):
        choose(dotted, (dotted,), COLUMNS, [row("a")], masked)


def test_a_special_token_that_is_a_letter_is_refused() -> None:
    to = made_of("abx: NP", [(" ", "N"), (" ", "P")], **{"eos_token": "x"})
    bare = Template("bare", "{text}:", ("N", "P"))
    choose(bare, (bare,), COLUMNS, [row("ab")], to)
    with pytest.raises(VocabularyError, match=r"reads a special token \(x\) in a text of the task"):
        choose(bare, (bare,), COLUMNS, [row("axb")], to)


@pytest.mark.parametrize("shots", [0, 2])
def test_label_tokens_are_looked_at_again_behind_demonstrations(shots: int) -> None:
    to = READERS["byte level"]
    wrong = TextPrompts(SMALL, MR, to, LabelTokens((0, 1)))
    with pytest.raises(VocabularyError, match=f"the token of a label is another behind {shots} demonstrations"):
        wrong.prompts(np.arange(shots))


def test_white_space_alone_stands_for_no_label() -> None:
    """Of " Yes" this tokenizer makes "▁", "Y", "es": the first would be read for it, as for any rare word."""
    to = READERS["unigram"]
    answers = Template("answers", "{text}\nAnswer:", ("Yes", "True"))
    assert to.tokenizer.tokenize("Answer: Yes")[-3:] == ["▁", "Y", "es"]
    with pytest.raises(VocabularyError) as error:
        choose(answers, (answers, MR), COLUMNS, SMALL.queries, to)
    text = str(error.value)
    assert (
        "template 'answers': under the tokenizer of model 'tiny' label 'Yes' begins with '▁', white space alone" in text
    )
    assert 'Write before = "" into the template' in text
    assert "Templates of this task that work with it: dai (--iclgd-template)" in text
    bare = choose(replace(answers, before=""), (), COLUMNS, SMALL.queries, to)
    assert to.tokenizer.convert_ids_to_tokens(list(bare.tokens)) == ["Y", "T"]


@pytest.mark.parametrize("name", ["byte level", "llama"])
def test_a_space_that_is_a_token_of_its_own_is_found_in_every_spelling(name: str) -> None:
    digit = Template("digit", "{text}\nAnswer:", ("5", "Positive"))
    with pytest.raises(VocabularyError, match=r"label '5' begins with '(Ġ|▁)', white space alone"):
        choose(digit, (digit,), COLUMNS, SMALL.queries, READERS[name])
    alike = replace(digit, words=("5", "6"))
    with pytest.raises(VocabularyError, match=r"'5' and '6' both begin with '(Ġ|▁)'"):
        choose(alike, (alike,), COLUMNS, SMALL.queries, READERS[name])
