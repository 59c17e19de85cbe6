"""Episodes of GINC tasks: answers, prompts, digests, streams, and the pool's limit."""

from dataclasses import replace

import numpy as np
import pytest

from iclgd_core.errors import ContextError, SettingsError, UnknownNameError
from iclgd_core.seeds import stream
from iclgd_core.tasks import (
    TASKS,
    Episode,
    GincTask,
    get_task,
)
from iclgd_core.tasks.ginc.task import POOL
from tests.tasks.hidden_paths import next_by_enumeration
from tests.tiny_models import WORLD, encoded, tiny_model, tiny_task, tokens


def hidden(task: GincTask, split: str, index: int, seed: int = 0) -> tuple[int, int]:
    """Return the HMM and slot of an episode."""
    where = stream(seed, task.name, split, index, "where")
    return int(where.integers(task.config.n_in_mixture)), int(where.integers(1, task.config.n_slots))


@pytest.mark.parametrize("index", range(4))
def test_answers_are_the_likeliest_next_symbols(index: int) -> None:
    task = tiny_task(3)
    episode = task.episode(0, "evaluation", index, 5)
    hmm, slot = hidden(task, "evaluation", index)
    for query, answer in zip(episode.queries, episode.answers, strict=True):
        assert answer == next_by_enumeration(task.world, hmm, slot, query).argmax()


def test_shapes_and_where_examples_start() -> None:
    task = tiny_task(5)
    for index in range(6):
        episode = task.episode(1, "tuning", index, 7)
        assert (episode.demonstrations.shape, episode.labels.shape) == ((POOL, 4), (POOL,))
        assert (episode.queries.shape, episode.answers.shape) == ((7, 4), (7,))
        assert (episode.task, episode.split, episode.index) == ("ginc-k5", "tuning", index)
        first = {*episode.demonstrations[:, 0].tolist(), *episode.queries[:, 0].tolist()}
        assert 0 not in first, "an example starts at the delimiter's slot"
        _, slot = hidden(task, "tuning", index, seed=1)
        assert first <= set(task.world.memory[:, slot].tolist())


def test_label_set_is_every_label_once() -> None:
    episode = tiny_task(3).episode(0, "evaluation", 0, 9)
    assert episode.label_set.tolist() == sorted({*episode.labels.tolist(), *episode.answers.tolist()})


@pytest.mark.parametrize("shots", [0, 1, 3])
def test_the_delimiter_stands_between_examples_and_nowhere_else_by_the_prompt(shots: int) -> None:
    episode = tiny_task(4).episode(0, "evaluation", 0, 2)
    order = np.random.default_rng(0).permutation(shots)
    model = tiny_model()
    found = encoded(model, [episode])[0].prompts(order)
    expected: list[int] = []
    for i in order:
        expected += [*episode.demonstrations[i].tolist(), int(episode.labels[i]), 0]
    for prompt, query in zip(found, episode.queries, strict=True):
        assert prompt.ids.tolist() == tokens(model)[[*expected, *query.tolist()]].tolist()
        assert prompt.readout == shots * 5 + 2


def test_same_seed_same_episode_and_other_names_another() -> None:
    task = tiny_task(4)
    first = task.episode(0, "evaluation", 0, 4)
    assert task.episode(0, "evaluation", 0, 4).digest == first.digest
    others = [
        task.episode(1, "evaluation", 0, 4),
        task.episode(0, "evaluation", 1, 4),
        task.episode(0, "tuning", 0, 4),
        tiny_task(5).episode(0, "evaluation", 0, 4),
    ]
    assert len({first.digest, *(e.digest for e in others)}) == 5
    for other in others[:3]:
        assert not np.array_equal(other.demonstrations, first.demonstrations)
        assert not np.array_equal(other.queries, first.queries)


def test_demonstrations_do_not_depend_on_the_number_of_queries() -> None:
    few, many = (tiny_task(4).episode(0, "evaluation", 2, q) for q in (1, 30))
    np.testing.assert_array_equal(few.demonstrations, many.demonstrations)
    np.testing.assert_array_equal(few.labels, many.labels)
    assert few.digest != many.digest


@pytest.mark.parametrize("name", ["demonstrations", "labels", "queries", "answers", "separator"])
def test_any_changed_symbol_changes_the_digest(name: str) -> None:
    episode = tiny_task(4).episode(0, "evaluation", 0, 3)
    array = getattr(episode, name).copy()
    array.flat[-1] += 1
    assert replace(episode, **{name: array}).digest != episode.digest
    same = getattr(episode, name).copy()
    assert replace(episode, **{name: same}).digest == episode.digest


@pytest.mark.parametrize("change", [{"task": "other"}, {"index": 5}, {"split": "tuning"}])
def test_the_names_of_an_episode_are_in_its_digest(change: dict[str, str | int]) -> None:
    episode = tiny_task(4).episode(0, "evaluation", 0, 3)
    assert replace(episode, **change).digest != episode.digest  # type: ignore[arg-type]


def test_shape_is_in_the_digest() -> None:
    def made(inputs: list[list[int]]) -> Episode:
        empty = np.zeros(0, dtype=np.int64)
        return Episode("t", 0, "tuning", np.array(inputs), empty, empty, empty, empty)

    assert made([[1, 2], [3, 4]]).digest != made([[1, 2, 3, 4]]).digest


def test_the_pool_has_an_end() -> None:
    prompts = encoded(tiny_model(), [tiny_task(4).episode(0, "evaluation", 0, 1)])[0]
    everything = np.arange(POOL)
    assert prompts.pool == POOL
    assert len(prompts.examples(everything)) == len(prompts.targets(everything)) == POOL
    assert len(prompts.prompts(everything[:0])[0].ids) == 3
    for asked in (prompts.prompts, prompts.examples, prompts.targets):
        with pytest.raises(ContextError, match=f"{POOL + 1} demonstrations .*'ginc-k4' holds {POOL}.*at most {POOL}"):
            asked(np.arange(POOL + 1))


def test_an_example_has_an_input_and_a_label() -> None:
    assert GincTask(2, WORLD).episode(0, "tuning", 0, 2).queries.shape == (2, 1)
    with pytest.raises(SettingsError, match="k >= 2; got 1"):
        GincTask(1)


def test_tasks_are_found_by_name_and_a_typing_error_is_helped() -> None:
    assert set(TASKS) == {"ginc-k3", "ginc-k5", "ginc-k8", "ginc-k10"}
    assert all(get_task(name).name == name for name in TASKS)
    with pytest.raises(UnknownNameError, match=r"unknown task 'gink-k5'\. Nearest: ginc-k5") as caught:
        get_task("gink-k5")
    assert all(name in str(caught.value) for name in TASKS)
    with pytest.raises(UnknownNameError) as far:
        get_task("????")
    assert "Nearest" not in str(far.value)
