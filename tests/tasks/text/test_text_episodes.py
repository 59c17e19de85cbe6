"""Episodes: which rows they use, and what names them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclgd_core.errors import ContextError, SettingsError, UnknownNameError, VocabularyError
from iclgd_core.tasks.text import TextDataError, TextTask, longest_prompt
from iclgd_core.tasks.text.rows import Example
from iclgd_core.tasks.text.sampling import Sampling
from tests.tasks.row_ids import row_ids
from tests.tasks.text.rows_made_here import PLAIN, source, tickets, write
from tests.tasks.text.tiny_tokenizers import byte_level, reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "tickets", train=tickets(60), test=tickets(30, first=1000))


@pytest.fixture
def task(folder: Path) -> TextTask:
    return TextTask(source(), (PLAIN,), data=folder)


def texts(rows: tuple[Example, ...]) -> set[tuple[str, ...]]:
    return {row.fields for row in rows}


@pytest.mark.parametrize("sampling", ["natural", "balanced"])
@pytest.mark.parametrize("split", ["tuning", "evaluation"])
def test_no_query_is_among_the_demonstrations(task: TextTask, split: str, sampling: Sampling) -> None:
    task = replace(task, sampling=sampling)
    for index in range(20):
        episode = task.episode(0, split, index, 8)
        assert len(set(row_ids(episode))) == len(row_ids(episode)) == task.pool + 8
        assert not texts(episode.queries) & texts(episode.demonstrations)


def test_evaluation_queries_are_never_seen_while_tuning(task: TextTask) -> None:
    tuned = {row for i in range(30) for row in row_ids(task.episode(0, "tuning", i, 15))}
    asked = {row.id for i in range(30) for row in task.episode(0, "evaluation", i, 15).queries}
    assert asked == {f"test/{n}" for n in range(30)}
    assert not tuned & asked


def test_an_episode_is_its_seed(task: TextTask) -> None:
    first = task.episode(3, "evaluation", 5, 8)
    again = task.episode(3, "evaluation", 5, 8)
    assert row_ids(first) == row_ids(again)
    assert first.digest == again.digest
    others = [task.episode(4, "evaluation", 5, 8), task.episode(3, "evaluation", 6, 8), task.episode(3, "tuning", 5, 8)]
    assert len({first.digest, *(other.digest for other in others)}) == 4
    assert all(row_ids(other) != row_ids(first) for other in others)


def test_demonstrations_do_not_depend_on_the_queries(task: TextTask) -> None:
    few, many = task.episode(0, "tuning", 0, 3), task.episode(0, "tuning", 0, 9)
    assert few.demonstrations == many.demonstrations
    assert many.queries[:3] == few.queries
    assert few.digest != many.digest


def test_the_digest_covers_text_and_label(task: TextTask) -> None:
    episode = task.episode(0, "evaluation", 0, 2)
    row = episode.queries[0]
    for changed in (
        replace(row, fields=("other",)),
        replace(row, label=(row.label + 1) % 3),
        replace(row, id="test/99"),
    ):
        other = replace(episode, queries=(changed, *episode.queries[1:]))
        assert other.digest != episode.digest
    assert replace(episode).digest == episode.digest


def test_the_digest_tells_demonstrations_from_queries(task: TextTask) -> None:
    episode = task.episode(0, "evaluation", 0, 2)
    moved = replace(
        episode,
        demonstrations=episode.demonstrations[:-1],
        queries=(episode.demonstrations[-1], *episode.queries),
    )
    assert row_ids(moved) == row_ids(episode)
    assert moved.digest != episode.digest


def test_the_same_files_elsewhere_give_the_same_episodes(task: TextTask, tmp_path: Path) -> None:
    moved = write(tmp_path / "elsewhere" / "tickets", train=tickets(60), test=tickets(30, first=1000)).parent
    other = replace(task, data=moved)
    assert other.episode(0, "tuning", 0, 4).digest == task.episode(0, "tuning", 0, 4).digest


def test_doubles_are_left_out(tmp_path: Path) -> None:
    train = [*tickets(12), *tickets(2)]
    folder = write(tmp_path, train=train, test=[*tickets(3), *tickets(4, first=50), *tickets(1, first=50)])
    rows = TextTask(source(), (PLAIN,), data=folder).rows
    assert len(rows.train) == 12
    assert [row.id for row in rows.held_out] == ["test/3", "test/4", "test/5", "test/6"]
    assert rows.record["left out"] == {
        "without a label": 0,
        "longer than max words": {},
        "doubles in train": 2,
        "doubles in held-out, or in train": 4,
    }


def test_a_lone_train_split_is_cut_in_two(tmp_path: Path) -> None:
    task = TextTask(source(None), (PLAIN,), data=write(tmp_path, train=tickets(41)))
    train, held_out = {row.id for row in task.rows.train}, {row.id for row in task.rows.held_out}
    assert len(train) == 21
    assert len(held_out) == 20
    assert not train & held_out
    assert task.rows.record["held-out split"] == "a seeded half of train"
    assert train != {f"train/{n}" for n in range(21)}


def test_long_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    long = [{"text": "a b c d e f", "label": 0}]
    folder = write(tmp_path, train=[*long, *tickets(9)], test=[*tickets(4, first=90), *long])
    task = TextTask(source(), (PLAIN,), data=folder, max_words=5)
    assert "train/0" not in {row.id for row in task.rows.train}
    left_out = task.rows.record["left out"]
    assert isinstance(left_out, dict)
    assert left_out["longer than max words"] == {"train": 1, "test": 1}
    assert task.protocol()["max words"] == 5


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path, train=tickets(9), test=tickets(4, first=90))
    with pytest.raises(TextDataError, match="0 train rows and 0 held-out rows with at most 2 words"):
        _ = TextTask(source(), (PLAIN,), data=folder, max_words=2).rows


def test_more_queries_than_rows(task: TextTask) -> None:
    with pytest.raises(ContextError, match="has 30 rows for those of each evaluation episode"):
        task.episode(0, "evaluation", 0, 31)
    # 60 train rows less 45 demonstrations
    with pytest.raises(ContextError, match="has 15 rows for those of each tuning episode"):
        task.episode(0, "tuning", 0, 16)


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"template_name": "plane"}, UnknownNameError, "unknown template of task 'tickets' 'plane'. Nearest: plain"),
        ({"sampling": "balance"}, UnknownNameError, "unknown sampling 'balance'. Nearest: balanced"),
        ({"max_words": 0}, SettingsError, "max words is 0"),
        ({"templates": ()}, SettingsError, "has no template"),
    ],
)
def test_settings_that_are_refused(
    task: TextTask, changed: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        replace(task, **changed)  # type: ignore[arg-type]


def test_check_looks_at_labels_pool_and_context(task: TextTask) -> None:
    wide = reader(byte_level(), bos=True)
    task.check(wide, 8)
    episodes = [task.encode(task.episode(0, "evaluation", index, 4), wide) for index in range(4)]
    needed = longest_prompt(episodes, 8)
    task.check(replace(wide, context_window=needed), 8)
    with pytest.raises(
        ContextError, match=f"8 demonstrations of tickets needs {needed} tokens, but model 'tiny' reads"
    ):
        task.check(replace(wide, context_window=needed - 1), 8)
    with pytest.raises(ContextError, match=r"46 demonstrations .* \(natural sampling\) holds 45 an episode"):
        task.check(wide, 46)
    alike = replace(PLAIN, words=("qza", "qzb", "Other"))
    with pytest.raises(VocabularyError, match="'qza' and 'qzb' both begin with"):
        replace(task, templates=(alike,)).check(wide, 8)


def test_what_is_recorded(task: TextTask) -> None:
    record = task.protocol()
    assert record["sampling"] == "natural"
    assert record["demonstrations an episode"] == 45
    assert record["template"] == {
        "name": "plain",
        "instruction": "",
        "layout": "Text: {text}\nQueue:",
        "label words": {"Billing": "Billing", "Technical": "Technical", "Other": "Other"},
        "before a label": "one space",
        "after a label": "",
        "separator": "\n\n",
        "source": "",
    }
    assert json.loads(json.dumps(record)) == record


def test_unknown_split(task: TextTask) -> None:
    with pytest.raises(UnknownNameError, match="tuning"):
        task.episode(0, "test", 0, 1)


def test_tasks_hash_alike_iff_they_draw_alike(task: TextTask) -> None:
    assert replace(task) == task
    assert hash(replace(task)) == hash(task)
    assert replace(task, sampling="balanced") != task


def test_balanced_and_natural_draws_differ(task: TextTask) -> None:
    natural, balanced = task.episode(0, "tuning", 0, 2), replace(task, sampling="balanced").episode(0, "tuning", 0, 2)
    assert row_ids(natural) != row_ids(balanced)
    blocks = np.array([row.label for row in balanced.demonstrations]).reshape(-1, 3)
    assert (np.sort(blocks, axis=1) == np.arange(3)).all()
