"""Relabelled tasks: other labels, and nothing else changed."""

import numpy as np
import pytest

from iclgd_core.errors import NotRunError, UnknownNameError
from iclgd_core.tasks import Episode, GincTask
from iclgd_core.tasks.relabelled import DRAWS, RelabelledTask, UnlabelledTask
from iclgd_core.tasks.text.rows import Columns, Example
from iclgd_core.tasks.text.text_episode import TextEpisode
from tests.tiny_models import tiny_model, tiny_task

GINC = GincTask(5)


def pair(draw: str, index: int = 0) -> tuple[Episode, Episode]:
    own, other = (task.episode(0, "evaluation", index, 6) for task in (GINC, RelabelledTask(GINC, draw)))
    return own, other


@pytest.mark.parametrize("draw", DRAWS)
def test_only_labels_change(draw: str) -> None:
    own, other = pair(draw)
    for name in ("demonstrations", "queries", "answers", "separator"):
        np.testing.assert_array_equal(getattr(own, name), getattr(other, name))
    assert np.isin(other.labels, own.label_set).all()
    assert (other.labels != own.labels).mean() > 0.3
    assert own.digest != other.digest
    assert (other.task, own.task) == (RelabelledTask(GINC, draw).name, "ginc-k5")


def test_names_say_what_was_done() -> None:
    assert RelabelledTask(GINC).name == "ginc-k5-random-labels"
    assert RelabelledTask(GINC, "marginal").name == "ginc-k5-marginal-labels"
    assert UnlabelledTask(GINC).name == "ginc-k5-no-labels"


def test_uniform_labels_are_as_likely_and_marginal_ones_as_frequent() -> None:
    labels, uniform, marginal, own = [], [], [], []
    for index in range(6):
        a, b = pair("uniform", index)
        labels.append(len(a.label_set))
        uniform.append(np.bincount(b.labels, minlength=150)[a.label_set] / len(b.labels) * len(a.label_set))
        counts = [np.bincount(e.labels, minlength=150) for e in pair("marginal", index)]
        own.append(counts[0])
        marginal.append(counts[1])
    assert min(labels) > 5
    assert np.concatenate(uniform).std() < 0.7
    as_frequent = np.corrcoef(np.concatenate(own), np.concatenate(marginal))[0, 1]
    assert as_frequent > 0.9


def test_labels_do_not_depend_on_queries_and_are_those_of_the_seed() -> None:
    task = RelabelledTask(GINC)
    a, b = task.episode(0, "tuning", 2, 3), task.episode(0, "tuning", 2, 3)
    np.testing.assert_array_equal(a.labels, b.labels)
    assert not np.array_equal(a.labels, task.episode(1, "tuning", 2, 3).labels)


def test_tasks_are_equal_where_their_episodes_are() -> None:
    assert RelabelledTask(GincTask(5)) == RelabelledTask(GINC)
    assert hash(RelabelledTask(GincTask(5))) == hash(RelabelledTask(GINC))
    assert RelabelledTask(GINC) != RelabelledTask(GINC, "marginal")


def test_a_text_episode_is_relabelled_by_class() -> None:
    rows = tuple(Example(f"train/{i}", (f"text {i}",), i % 3) for i in range(60))
    drawn = TextEpisode("set", Columns(("text",), "label", ("a", "b", "c")), 0, "evaluation", rows, rows[:4])

    class Task:
        name = "set"

        def episode(self, *_: object) -> TextEpisode:
            return drawn

    other = RelabelledTask(Task()).episode(0, "evaluation", 0, 4)  # type: ignore[arg-type]
    assert [row.fields for row in other.demonstrations] == [row.fields for row in rows]
    assert {row.label for row in other.demonstrations} == {0, 1, 2}
    assert [row.label for row in other.demonstrations] != [row.label for row in rows]
    assert other.queries == drawn.queries


def test_another_kind_of_episode_is_not_run() -> None:
    class Task:
        name = "own"

        def episode(self, *_: object) -> str:
            return "an episode"

    with pytest.raises(NotRunError, match=r"^episodes of task 'own' \(str\) cannot be relabelled"):
        RelabelledTask(Task()).episode(0, "evaluation", 0, 4)  # type: ignore[arg-type]


def test_an_unknown_draw_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown draw of labels 'uniforn'. Nearest: uniform"):
        RelabelledTask(GINC, "uniforn")


def test_without_labels_only_inputs_and_delimiters_stand_before_the_query() -> None:
    model, task = tiny_model(), tiny_task(4)
    own = task.episode(0, "evaluation", 0, 2)
    unlabelled = UnlabelledTask(task)
    prompts = unlabelled.encode(unlabelled.episode(0, "evaluation", 0, 2), model.reader)
    x, separator = own.demonstrations[:2], own.separator
    expected = np.concatenate([x[0], separator, x[1], separator, own.queries[1]])
    np.testing.assert_array_equal(prompts.prompts(np.arange(2))[1].ids, expected)
    np.testing.assert_array_equal(prompts.answers, task.encode(own, model.reader).answers)


def test_an_input_of_one_symbol_is_a_label_already() -> None:
    with pytest.raises(NotRunError, match=r"no label can be left out"):
        UnlabelledTask(GincTask(2))


def test_protocols_say_what_the_labels_are() -> None:
    for task in (RelabelledTask(GINC), UnlabelledTask(GINC)):
        assert "labels of demonstrations" in task.protocol()
