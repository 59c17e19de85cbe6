"""Regression in text: the function, the episodes, the prompts, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fixtures.commands.doctor import DOCTOR
from fixtures.commands.prefetch import PREFETCH
from fixtures.doctor import diagnosis
from fixtures.doctor.network import HubState
from iclgd_core.errors import ContextError, SettingsError, UnknownNameError, VocabularyError
from iclgd_core.safety.command import run_commands
from iclgd_core.tasks import get_task
from iclgd_core.tasks.relabelled import RelabelledTask
from iclgd_core.tasks.text import TextSettings
from iclgd_core.tasks.text.linear_digits import COLUMNS, INPUTS, TEMPLATES, LinearDigits, answer_variance, answers
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.strict_table import TaskFileError
from iclgd_core.tasks.text.task_file import checked_name
from iclgd_core.tasks.text.text_episode import TextEpisode
from tests.tasks.row_ids import row_ids
from tests.tasks.text.tiny_tokenizers import byte_level, llama_like, reader, unigram, word_piece
from tests.text_models import save_text_model

TASK = LinearDigits()
WEIGHT = st.floats(-4.0, 4.0).filter(lambda w: abs(w) > 1e-3) | st.just(0.0)


@given(st.integers(-50, 50), st.integers(-50, 50))
@example(1, 1)
@example(0, -3)
def test_answers_are_the_rounded_linear_function(first: int, second: int) -> None:
    """Whole-number weights, where the formula can be computed exactly."""
    assume(first or second)
    f = [first * int(a) + second * int(b) for a, b in INPUTS]
    low, high = min(f), max(f)
    by_hand = [min(9, 10 * (value - low) // (high - low)) for value in f]
    assert answers(np.array([first, second], dtype=float)).tolist() == by_hand


@given(WEIGHT, WEIGHT)
@example(1.0, 0.0)
@example(1.0, 1e-3)
def test_every_digit_occurs_and_no_other(first: float, second: float) -> None:
    assume(first or second)
    assert np.unique(answers(np.array([first, second]))).tolist() == list(range(10))


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_weights_that_are_no_function(weights: list[float]) -> None:
    with pytest.raises(SettingsError, match="two finite weights"):
        answers(np.array(weights))


def test_variance_by_other_functions() -> None:
    assert answers(np.array([1.0, 0.0])).var() == pytest.approx(8.25)  # each digit as often
    others = answers(np.random.default_rng(5).standard_normal((1000, 2)))
    assert answer_variance() == pytest.approx(float(np.mean((others - 4.5) ** 2)), rel=0.05)
    assert np.allclose(others.mean(axis=1), 4.5)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from(["tuning", "evaluation"]), st.integers(0, 500), st.integers(1, 112))
def test_an_episode_is_one_function_on_distinct_inputs(seed: int, split: str, index: int, queries: int) -> None:
    episode = TASK.episode(seed, split, index, queries)
    rows = (*episode.demonstrations, *episode.queries)
    assert (len(episode.demonstrations), len(episode.queries)) == (TASK.pool, queries) == (512, queries)
    assert len({row.fields for row in rows}) == len(set(row_ids(episode))) == len(rows)
    x = np.array([list(map(int, row.fields)) for row in rows], dtype=float)
    y = np.array([row.label for row in rows], dtype=float)
    assert x.min() >= 0
    assert x.max() <= 29
    assert set(y) <= set(range(10))
    # rounding down takes less than 1 from a linear function: some plane is within 1 of all answers, queries' included
    plane = np.column_stack([x, np.ones(len(x))])
    assert np.abs(y - plane @ np.linalg.lstsq(plane, y, rcond=None)[0]).max() < 1.0


def test_an_episode_is_its_seed_and_splits_are_apart() -> None:
    first, again = TASK.episode(3, "evaluation", 5, 8), TASK.episode(3, "evaluation", 5, 8)
    assert first.digest == again.digest
    others = [TASK.episode(4, "evaluation", 5, 8), TASK.episode(3, "evaluation", 6, 8), TASK.episode(3, "tuning", 5, 8)]
    assert len({row_ids(first), *(row_ids(other) for other in others)}) == 4

    def function(split: str, index: int) -> tuple[int, ...]:
        shown = {row.fields: row.label for row in TASK.episode(0, split, index, 388).demonstrations}
        shown |= {row.fields: row.label for row in TASK.episode(0, split, index, 388).queries}
        return tuple(shown[str(a), str(b)] for a, b in INPUTS.tolist())

    assert len({function(split, index) for split in ("tuning", "evaluation") for index in range(10)}) == 20


def test_demonstrations_do_not_depend_on_the_queries() -> None:
    few, many = TASK.episode(0, "tuning", 0, 3), TASK.episode(0, "tuning", 0, 9)
    assert few.demonstrations == many.demonstrations
    assert many.queries[:3] == few.queries


BY_HAND = TextEpisode(
    TASK.name,
    COLUMNS,
    0,
    "tuning",
    (Example("a", ("3", "7"), 4), Example("b", ("12", "0"), 9)),
    (Example("c", ("29", "5"), 0),),
)
PROMPTS = {
    "plain": "Input: 3 7\nOutput:4\nInput: 12 0\nOutput:9\nInput: 29 5\nOutput:",
    "spaced": "Input: 3 7\nOutput: 4\nInput: 12 0\nOutput: 9\nInput: 29 5\nOutput:",
    "function": "f(3, 7)=4\nf(12, 0)=9\nf(29, 5)=",
}


@pytest.mark.parametrize("template", PROMPTS)
def test_prompts_by_hand(template: str) -> None:
    # a vocabulary of words, in which a digit is a token of its own with and without a space before it
    written = LinearDigits(template).encode(BY_HAND, reader(word_piece(), masked=True))
    assert written.text(np.arange(2), 0) == PROMPTS[template]
    assert LinearDigits(template).protocol()["template"]["before a label"] == (  # type: ignore[call-overload,index]
        "one space" if template == "spaced" else "nothing"
    )
    assert [one.name for one in TEMPLATES] == list(PROMPTS)


@pytest.mark.parametrize("tokenizer", [byte_level, llama_like, unigram])
def test_tokens_are_those_of_the_text(tokenizer: type) -> None:
    tiny = reader(tokenizer())
    written = TASK.encode(BY_HAND, tiny)
    assert tiny.tokenizer.convert_ids_to_tokens(list(written.labels.tokens)) == list("0123456789")
    assert written.answers.tolist() == [written.labels.tokens[0]]
    assert written.targets(np.array([1, 0])).tolist() == [written.labels.tokens[9], written.labels.tokens[4]]
    ids = written.prompts(np.arange(2))[0].ids.tolist()
    assert ids == tiny.tokenizer(PROMPTS["plain"], add_special_tokens=False)["input_ids"]


def test_digits_that_cannot_be_told_apart_are_refused_and_the_templates_that_work_are_named() -> None:
    """No digit is in the corpus of this tokenizer, so a space before one is a token of its own, the same for all."""
    with pytest.raises(VocabularyError, match=r"'0' and '1' and .* both begin with 'Ġ'.*work with it: plain, function"):
        LinearDigits("spaced").encode(BY_HAND, reader(byte_level()))
    with pytest.raises(VocabularyError, match="'0' and '1' and"):
        LinearDigits("spaced").check(reader(byte_level()), 8)


def test_check_takes_the_longest_prompt() -> None:
    tiny = reader(byte_level(), bos=True)
    longest = "Input: 10 10\nOutput:"  # numbers of two digits are two tokens each
    length = len(tiny.tokenizer((longest + "4\n") * 8 + longest)["input_ids"]) + 1
    TASK.check(replace(tiny, context_window=length), 8)
    with pytest.raises(ContextError, match=f"8 demonstrations of linear-digits needs {length} tokens"):
        TASK.check(replace(tiny, context_window=length - 1), 8)
    drawn = TASK.encode(TASK.episode(0, "evaluation", 0, 32), tiny)
    assert drawn.longest(8) <= length
    with pytest.raises(ContextError, match="holds 512 an episode"):
        TASK.check(tiny, 513)


def test_what_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown template of task 'linear-digits' 'plane'. Nearest: plain"):
        LinearDigits("plane")
    with pytest.raises(UnknownNameError, match="tuning"):
        TASK.episode(0, "test", 0, 1)
    assert len(TASK.episode(0, "tuning", 0, 388).queries) == 388
    with pytest.raises(ContextError, match="389 queries were asked for, but task 'linear-digits' has 388 inputs"):
        TASK.episode(0, "tuning", 0, 389)


def test_it_is_found_by_name() -> None:
    assert get_task("linear-digits") == TASK
    assert hash(get_task("linear-digits", TextSettings(template="function"))) == hash(LinearDigits("function"))
    with pytest.raises(UnknownNameError, match=r"Nearest: linear-digits.*Known: .*linear-digits"):
        get_task("linear-digit")
    with pytest.raises(TaskFileError, match=r"none of ag_news, .*, linear-digits"):
        checked_name("linear-digits", "here")


def test_its_demonstrations_can_be_relabelled() -> None:
    drawn = RelabelledTask(TASK, "uniform").episode(0, "tuning", 0, 2)
    own = TASK.episode(0, "tuning", 0, 2)
    assert drawn.queries == own.queries
    assert np.bincount([row.label for row in drawn.demonstrations], minlength=10).min() > 20
    assert [row.fields for row in drawn.demonstrations] == [row.fields for row in own.demonstrations]


def test_the_doctor_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagnosis, "ask_hub", lambda: HubState(False, False, "not asked"))
    monkeypatch.chdir(tmp_path)
    model = save_text_model(tmp_path / "toy", ["Input: 3 7\nOutput:4"], size=300)
    assert run_commands([DOCTOR], ["doctor", "--device=cpu", "--json", f"--model={model}", "--task=linear-digits"]) == 0
    section = json.loads(capsys.readouterr().out)["sections"][-1]
    said = {one["name"]: one["value"] for one in section["findings"]}
    assert section["title"].endswith("toy on linear-digits, quick tier")
    assert said["prompts"].startswith("up to ")
    assert said["O6"].startswith("runs: ")
    assert said["S2n"].startswith("runs: ")  # an episode holds the 512 demonstrations that it asks for


def test_there_is_nothing_to_fetch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_commands([PREFETCH], ["prefetch", "--task=linear-digits"]) == 0
    assert "there: task linear-digits: needs no data of the Hub" in capsys.readouterr().out
