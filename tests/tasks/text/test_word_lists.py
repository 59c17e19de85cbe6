"""The word lists: unique, long enough, spelled as promised, balanced where they have labels."""

from collections import Counter
from pathlib import Path

import pytest

from iclgd_core.tasks.text.word_lists import FOLDER, PREFIX, WORD_LISTS

PAIRS = {
    "words-capital": 186, "words-plural": 238, "words-past": 233, "words-antonym": 209, "words-upper": 235,
    "words-french": 248, "words-comparative": 221, "words-gender": 118, "words-next": 204, "words-sentiment": 220,
    "words-category": 225, "words-continent": 194, "words-part-of-speech": 220,
}  # fmt: skip
"""As docs/tasks.md says them; at least 200 but where the world or the language has no more."""

SHORT = {"words-capital", "words-gender", "words-continent"}
PLACES = {"words-capital", "words-continent"}
CASED = PLACES | {"words-next"}
LABELS = {
    "words-sentiment": {"positive": 110, "negative": 110},
    "words-category": dict.fromkeys(
        ("animal", "fruit", "vegetable", "tool", "vehicle", "clothing", "furniture", "instrument", "profession"), 25
    ),
    "words-continent": {
        "Africa": 54, "Asia": 41, "Europe": 48, "North America": 25, "South America": 12, "Oceania": 14,
    },
    "words-part-of-speech": dict.fromkeys(("noun", "verb", "adjective", "adverb"), 55),
}  # fmt: skip


def test_each_file_has_one_entry_and_each_entry_one_file() -> None:
    assert {f"{PREFIX}{path.stem}" for path in FOLDER.iterdir()} == set(WORD_LISTS) == set(PAIRS)
    assert {name for name, words in WORD_LISTS.items() if words.labels} == set(LABELS)


@pytest.mark.parametrize("name", WORD_LISTS)
def test_no_word_stands_twice_and_none_is_its_own_answer(name: str) -> None:
    pairs = WORD_LISTS[name].pairs
    assert len(pairs) == len({word for word, _ in pairs}) == PAIRS[name]
    assert PAIRS[name] >= 200 or name in SHORT
    assert not [word for word, answer in pairs if word == answer]


@pytest.mark.parametrize("name", WORD_LISTS)
def test_words_are_spelled_as_promised(name: str) -> None:
    for word, answer in WORD_LISTS[name].pairs:
        for text in (word, answer):
            assert text == " ".join(text.split())
            assert name in PLACES or " " not in text
            assert text.replace("-", "").replace("'", "").replace(" ", "").isalpha()
        assert name in CASED or word == word.lower()
        assert name in CASED or name == "words-upper" or answer == answer.lower()
        assert name not in PLACES or (word[0].isupper() and answer[0].isupper())
        assert name != "words-upper" or answer == word.upper()


@pytest.mark.parametrize("name", ["words-antonym", "words-gender"])
def test_no_pair_is_another_one_turned_round(name: str) -> None:
    """A demonstration `cold -> hot` would show the answer to `hot`."""
    pairs = WORD_LISTS[name].pairs
    assert not {word for word, _ in pairs} & {answer for _, answer in pairs}


@pytest.mark.parametrize("name", sorted(set(PAIRS) - set(LABELS)))
def test_open_answers_are_nearly_all_different(name: str) -> None:
    pairs = WORD_LISTS[name].pairs
    assert len({answer for _, answer in pairs}) >= 0.98 * len(pairs)


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_balanced_or_as_the_world_has_them(name: str) -> None:
    assert Counter(answer for _, answer in WORD_LISTS[name].pairs) == LABELS[name]


@pytest.mark.parametrize("name", WORD_LISTS)
def test_the_halves_share_no_word_and_hold_every_pair(name: str) -> None:
    words = WORD_LISTS[name]
    shown, held_out = words.halves
    assert 0 <= len(shown) - len(held_out) <= 1
    assert {row.fields for row in shown}.isdisjoint(row.fields for row in held_out)
    assert {*shown, *held_out} == set(words.rows)
    if words.labels:
        assert {row.label for row in shown} == {row.label for row in held_out} == set(range(len(LABELS[name])))


def test_the_documented_counts_are_those_of_the_files() -> None:
    page = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")
    for name, count in PAIRS.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert line.split("|")[2].strip() == str(count)
