"""Progress is told to whoever watches, by the steps that are really done, and changes nothing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iclgd_core.evidence.progress import Steps, observed, tell, with_progress
from iclgd_core.lab.store import Store
from iclgd_core.learners import Schedule, get_optimizer, in_context
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.learners.gd.in_place import train_in_place
from iclgd_core.learners.gd.run import all_runs
from tests.tiny_models import encoded, episodes, random_orders, tiny_model

Floats = NDArray[np.float32]
Said = list[tuple[str, int, int]]


def heard(said: Said, what: str) -> list[int]:
    return [done for name, done, _ in said if name == what]


def test_without_an_observer_nothing_is_said() -> None:
    tell("a thing", 1, 2)
    assert list(with_progress("ab", "letters")) == ["a", "b"]


def test_an_observer_hears_what_is_told_within_its_context_alone() -> None:
    outer: Said = []
    inner: Said = []
    with observed(lambda *said: outer.append(said)):
        tell("one")
        with observed(lambda *said: inner.append(said)):
            tell("two", 1, 3)
        tell("three", 2, 3)
    tell("four")
    assert outer == [("one", 0, 0), ("three", 2, 3)]
    assert inner == [("two", 1, 3)]


@pytest.mark.parametrize(("items", "steps"), [("", []), ("a", []), ("abc", [0, 1, 2, 3])])
def test_a_single_item_is_no_progress(items: str, steps: Sequence[int]) -> None:
    said: Said = []
    with observed(lambda *one: said.append(one)):
        assert list(with_progress(items, "letters")) == list(items)
    assert heard(said, "letters") == steps


def test_steps_never_exceed_their_number() -> None:
    said: Said = []
    with observed(lambda *one: said.append(one)):
        steps = Steps("steps", 3)
        steps.done()
        steps.reach(3)
        steps.done()
    assert said == [("steps", 1, 3), ("steps", 3, 3), ("steps", 3, 3)]


def runs_and_steps(optimizer: str, shots: int, epochs: int) -> tuple[Said, Floats, Floats]:
    """Descend on 2 episodes in 3 orders at 2 rates; return what was told, and the predictions without and with it."""
    model = tiny_model()
    drawn, orders = encoded(model, episodes(2, queries=2)), random_orders(2, 3, shots)
    rule, schedule = get_optimizer(optimizer), Schedule((0.01, 0.1), (1, epochs))
    said: Said = []
    alone = np.asarray(gradient_descent(model, drawn, orders, rule, schedule).predictions)
    with observed(lambda *one: said.append(one)):
        watched = np.asarray(gradient_descent(model, drawn, orders, rule, schedule).predictions)
    return said, alone, watched


@pytest.mark.parametrize(("optimizer", "steps"), [("gd", 3), ("sgd2", 9), ("sgd1", 15)])
def test_replicas_tell_every_step_and_compute_the_same(
    optimizer: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """12 runs in groups of 5 are 3 groups; 5 demonstrations are one step, 3 or 5 an epoch."""
    monkeypatch.setattr("iclgd_core.learners.gd.replicas.group_size", lambda *_: 5)
    said, alone, watched = runs_and_steps(optimizer, shots=5, epochs=3)
    assert heard(said, "steps of GD") == list(range(1, 3 * steps + 1))
    assert {total for name, _, total in said if name == "steps of GD"} == {3 * steps}
    np.testing.assert_array_equal(alone, watched)


def test_in_place_every_step_is_told_and_a_run_that_ends_early_counts_whole() -> None:
    model = tiny_model()
    drawn, orders = encoded(model, episodes(1, queries=2)), random_orders(1, 1, 4)
    runs = all_runs(model, drawn, orders, Schedule((1e30, 0.01), (5,)), "labels")
    said: Said = []
    names = dict.fromkeys(name for name, _ in model.module.named_parameters())
    with observed(lambda *one: said.append(one)):
        list(train_in_place(model, names, get_optimizer("sgd1"), (5,), runs, np.array([1])))
    steps = heard(said, "steps of GD")
    assert steps == sorted(steps)
    assert 20 in steps, "the first run is done after its 20 steps, however early it diverged"
    assert steps[-1] == 40
    assert set(range(21, 41)) <= set(steps)


def test_forward_passes_are_told_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    drawn = encoded(model, episodes(2, queries=2))
    said: Said = []
    with observed(lambda *one: said.append(one)):
        in_context(model, drawn, random_orders(2, 2, 4))
    assert heard(said, "forward passes") == []
    monkeypatch.setattr("iclgd_core.models.language.answering.MAX_BATCH_TOKENS", 1)
    with observed(lambda *one: said.append(one)):
        in_context(model, drawn, random_orders(2, 2, 4))
    passes = heard(said, "forward passes")
    assert passes == list(range(len(passes)))
    assert len(passes) > 2


def test_a_measurement_is_told_when_it_is_made_and_not_when_it_is_stored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    said: Said = []
    with observed(lambda *one: said.append(one)):
        for _ in range(2):
            store.measure({"learner": "layer_gradients"}, lambda: {"x": np.zeros(1)})
    assert said == [("layer gradients", 0, 0)]
