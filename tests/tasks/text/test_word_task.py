"""Word tasks: episodes, prompts, what is left out and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.commands.doctor import DOCTOR
from fixtures.doctor import diagnosis
from fixtures.doctor.network import HubState
from iclgd_core.errors import ContextError, NotRunError, UnknownNameError
from iclgd_core.safety.command import run_commands
from iclgd_core.tasks import get_task
from iclgd_core.tasks.prompts import Reader
from iclgd_core.tasks.registry import known_tasks
from iclgd_core.tasks.relabelled import RelabelledTask
from iclgd_core.tasks.text import TextSettings, first_tokens
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.strict_table import TaskFileError
from iclgd_core.tasks.text.task_file import checked_name
from iclgd_core.tasks.text.word_lists import WORD_LISTS
from iclgd_core.tasks.text.word_task import WordEpisode, WordTask
from tests.tasks.row_ids import row_ids
from tests.tasks.text.tiny_tokenizers import byte_level, reader
from tests.text_models import save_text_model, text_tokenizer

SPLITS = st.sampled_from(["tuning", "evaluation"])
LISTS = st.sampled_from(list(WORD_LISTS))


def of_words(*names: str) -> Reader:
    """A byte-level tokenizer that has every word of some lists, with a space before it, as one token or nearly."""
    texts = [f" {text}" for name in names for pair in WORD_LISTS[name].pairs for text in pair for _ in range(3)]
    return reader(text_tokenizer([*texts, *[" ->"] * 9], size=4000))


PLURALS = of_words("words-plural")


@settings(max_examples=40)
@given(LISTS, st.integers(0, 2**32), SPLITS, st.integers(0, 500), st.integers(1, 32))
def test_evaluation_words_are_neither_shown_nor_asked_in_tuning(
    name: str, seed: int, split: str, index: int, queries: int
) -> None:
    words = WORD_LISTS[name]
    drawn = WordTask(words).episode(seed, split, index, queries)
    shown, held_out = (set(rows) for rows in words.halves)
    assert set(drawn.demonstrations) == shown
    assert set(drawn.queries) == (shown if split == "tuning" else held_out)
    assert len(drawn.queries) == len(set(drawn.queries))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), SPLITS, st.integers(0, 500), st.integers(1, 60))
def test_no_query_is_among_the_demonstrations_and_none_is_asked_twice(
    seed: int, split: str, index: int, queries: int
) -> None:
    task = WordTask(WORD_LISTS["words-plural"])
    written = task.encode(task.episode(seed, split, index, queries), PLURALS)
    asked = {row.fields for row in written.episode.queries}
    shown = [row.fields for row in written.episode.demonstrations]
    assert len(asked) == queries == len(written.answers)
    assert len(set(shown)) == len(shown) == written.pool
    assert asked.isdisjoint(shown)
    assert (written.answers >= 0).all()
    assert (written.targets(np.arange(written.pool)) >= 0).all()
    assert set(written.answers) <= set(written.label_set)
    fewer = task.encode(task.episode(seed, split, index, 1), PLURALS)
    assert fewer.episode.queries == written.episode.queries[:1]
    assert fewer.episode.demonstrations[: written.pool] == written.episode.demonstrations


def test_an_episode_is_its_seed() -> None:
    task = WordTask(WORD_LISTS["words-past"])
    first, again = task.episode(3, "evaluation", 5, 8), task.episode(3, "evaluation", 5, 8)
    assert first.digest == again.digest
    others = [task.episode(4, "evaluation", 5, 8), task.episode(3, "evaluation", 6, 8), task.episode(3, "tuning", 5, 8)]
    assert len({row_ids(first), *(row_ids(other) for other in others)}) == 4
    assert task.words.halves == WordTask(WORD_LISTS["words-past"]).words.halves  # whatever the seed


def by_hand(name: str, shown: tuple[str, ...], asked: str) -> WordEpisode:
    words = WORD_LISTS[name]
    rows: dict[str, Example] = {row.fields[0]: row for row in words.rows}
    spare = next(row for row in words.rows if row.fields[0] not in (*shown, asked))
    demonstrations = (*(rows[word] for word in shown), spare)  # as many pairs as queries are taken from the draw
    return WordEpisode(name, words.columns, 0, "evaluation", demonstrations, (rows[asked],), 1)


PROMPTS = {
    "arrow": "cat -> cats\nchild -> children\nhouse ->",
    "question": "Q: cat\nA: cats\n\nQ: child\nA: children\n\nQ: house\nA:",
}


@pytest.mark.parametrize("template", PROMPTS)
def test_prompts_by_hand(template: str) -> None:
    task = get_task("words-plural", TextSettings(template=template))
    written = task.encode(by_hand("words-plural", ("cat", "child"), "house"), PLURALS)
    assert written.text(np.arange(2), 0) == PROMPTS[template]  # type: ignore[attr-defined]
    ids = written.prompts(np.arange(2))[0].ids.tolist()
    assert ids == PLURALS.tokenizer(PROMPTS[template], add_special_tokens=False)["input_ids"]
    answered = PLURALS.tokenizer(PROMPTS[template] + " houses", add_special_tokens=False)["input_ids"]
    assert written.answers.tolist() == [answered[len(ids)]]
    assert PLURALS.tokenizer.decode(written.answers) == " houses"


def test_few_labels_are_all_kept_and_open_answers_left_out_and_counted() -> None:
    both = of_words("words-sentiment", "words-plural")
    few, many = (WordTask(WORD_LISTS[name]) for name in ("words-sentiment", "words-plural"))
    written = few.encode(few.episode(0, "tuning", 0, 30), both)
    assert (written.pool, len(written.label_set), written.left_out) == (80, 2, "")
    crude = many.encode(many.episode(0, "tuning", 0, 1), both)
    count = int(crude.left_out.split()[0])
    assert crude.left_out.startswith(f"{count} of 238 pairs, whose answer its first token does not tell")
    assert len(crude.label_set) == 238 - count > 100
    said = first_tokens(crude)
    assert said["left out"] == crude.left_out
    assert len(said["labels"]) == 2  # type: ignore[arg-type]  # of the one demonstration and the query
    assert "left out" not in first_tokens(written)


def test_relabelling_needs_labels() -> None:
    with pytest.raises(NotRunError, match=r"^the answers of task 'words-past' are open, so there are no labels"):
        RelabelledTask(WordTask(WORD_LISTS["words-past"]))
    task = WordTask(WORD_LISTS["words-category"])
    relabelled = RelabelledTask(task, "uniform")
    own, other = (one.episode(0, "tuning", 0, 8) for one in (task, relabelled))
    assert [row.fields for row in other.demonstrations] == [row.fields for row in own.demonstrations]
    assert other.queries == own.queries
    assert np.bincount([row.label for row in other.demonstrations], minlength=9).min() > 2
    wrote = relabelled.encode(other, of_words("words-category"))
    assert wrote.pool == 113 - 8


def test_too_few_words_are_refused() -> None:
    task = WordTask(WORD_LISTS["words-gender"])
    with pytest.raises(ContextError, match=r"^59 queries an episode .* 'words-gender' has 59 pairs .* most 58 queries"):
        task.episode(0, "tuning", 0, 59)
    assert task.episode(0, "tuning", 0, 58).asked == 58
    with pytest.raises(ContextError, match=r"model 'tiny' can be judged on \(left out under its tokenizer: \d+ of 118"):
        task.encode(task.episode(0, "tuning", 0, 58), reader(byte_level()))
    with pytest.raises(UnknownNameError, match="tuning"):
        task.episode(0, "test", 0, 1)
    with pytest.raises(UnknownNameError, match=r"unknown template of task 'words-past' 'arow'. Nearest: arrow"):
        get_task("words-past", TextSettings(template="arow"))


def test_check_takes_the_longest_pair() -> None:
    task = WordTask(WORD_LISTS["words-plural"])
    drawn = [task.encode(task.episode(0, "evaluation", index, 8), PLURALS).longest(8) for index in range(4)]
    task.check(PLURALS, 8)
    with pytest.raises(ContextError, match=r"8 demonstrations of words-plural needs (\d+) tokens") as refused:
        task.check(replace(PLURALS, context_window=max(drawn) - 1), 8)
    assert f"reads at most {max(drawn) - 1}" in str(refused.value)
    with pytest.raises(ContextError, match=r"119 demonstrations were asked for, but task 'words-plural' holds at most"):
        task.check(PLURALS, 119)


def test_they_are_found_by_name() -> None:
    assert get_task("words-capital") == WordTask(WORD_LISTS["words-capital"])
    assert hash(get_task("words-capital")) == hash(WordTask(WORD_LISTS["words-capital"]))
    assert set(WORD_LISTS) < set(known_tasks())
    with pytest.raises(UnknownNameError, match="Nearest: words-plural"):
        get_task("words-plurals")
    with pytest.raises(TaskFileError, match="words-antonym"):
        checked_name("words-antonym", "here")


@pytest.mark.parametrize(("name", "open_answers"), [("words-plural", True), ("words-sentiment", False)])
def test_the_doctor_says_what_is_left_out_and_which_claims_need_labels(
    name: str, open_answers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagnosis, "ask_hub", lambda: HubState(False, False, "not asked"))
    monkeypatch.chdir(tmp_path)
    texts = [f" {text}" for pair in WORD_LISTS[name].pairs for text in pair for _ in range(3)]
    model = save_text_model(tmp_path / "toy", texts, size=4000)
    assert run_commands([DOCTOR], ["doctor", "--device=cpu", "--json", f"--model={model}", f"--task={name}"]) == 0
    section = json.loads(capsys.readouterr().out)["sections"][-1]
    said = {one["name"]: one["value"] for one in section["findings"]}
    assert said["S1"].startswith("runs: ")
    assert ("left out" in said) == open_answers
    for claim in ("R1", "R1b", "R2"):
        assert said[claim].startswith("not run: it needs a task of a few labels" if open_answers else "runs: ")
