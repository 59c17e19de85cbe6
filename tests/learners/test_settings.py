"""Guards of schedules and optimizers, both sides."""

import numpy as np
import pytest

from iclgd_core.errors import ContextError, SettingsError, UnknownNameError
from iclgd_core.learners import OPTIMIZERS, Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from iclgd_core.tasks import GincConfig
from tests.tiny_models import encoded, episodes, random_orders, tiny_model, tiny_task


@pytest.mark.parametrize(
    "rates", [(), (0.0,), (-1e-3, 1e-3), (1e-3, 0.0), (float("nan"),), (float("inf"),), (1e-3, 1e-2, 1e-3)]
)
def test_learning_rates_are_positive_numbers_at_least_one_and_none_twice(rates: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match="learning rates must be positive"):
        Schedule(rates, (1,))


@pytest.mark.parametrize("readouts", [(), (0,), (-1, 2), (2, 1), (1, 1), (3, 5, 4), (1.5,), (True, 2)])
def test_readouts_ascend_from_the_first_epoch(readouts: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="readouts must be ascending"):
        Schedule((0.1,), readouts)


def test_good_schedules() -> None:
    assert Schedule((0.1, 0.01), (1, 2, 40)).readouts == (1, 2, 40)
    assert Schedule((1e-9,), (1,)).learning_rates == (1e-9,)


@pytest.mark.parametrize(
    ("name", "n", "steps"),
    [("gd", 7, 1), ("gd", 1, 1), ("sgd1", 7, 7), ("sgd2", 7, 4), ("sgd2", 8, 4), ("sgd4", 9, 3), ("sgd8", 3, 1)],
)
def test_steps_an_epoch_with_a_ragged_last_batch(name: str, n: int, steps: int) -> None:
    assert get_optimizer(name).steps_per_epoch(n) == steps


def test_unknown_optimizer_names_the_nearest() -> None:
    assert all(get_optimizer(name).name == name for name in OPTIMIZERS)
    with pytest.raises(UnknownNameError, match=r"unknown optimizer 'adam2'\. Nearest: adam"):
        get_optimizer("adam2")


def run(shots: int, part: str = "whole", orders: int = 1) -> None:
    model = tiny_model()
    gradient_descent(
        model,
        encoded(model, episodes(1)),
        random_orders(1, orders, shots),
        get_optimizer("gd"),
        Schedule((0.1,), (1,)),
        part,
    )


def test_demonstrations_from_one_to_the_pool() -> None:
    run(1)
    run(512)
    with pytest.raises(SettingsError, match="at least one demonstration"):
        run(0)
    with pytest.raises(ContextError, match="513 demonstrations"):
        run(513)


def test_unknown_part() -> None:
    with pytest.raises(UnknownNameError, match=r"'v_depe'\. Nearest: v_deep"):
        run(1, part="v_depe")


def test_examples_longer_than_the_context_window_are_refused() -> None:
    world = GincConfig(n_symbols=12, n_values=3, n_slots=3, n_hmms=3, n_in_mixture=2, seed=4)
    task = tiny_task(70, world)
    model = tiny_model()
    drawn = [task.encode(task.episode(0, "tuning", 0, 1), model.reader)]
    with pytest.raises(ContextError, match="reads at most 64"):
        gradient_descent(
            model,
            drawn,
            np.zeros((1, 1, 1), dtype=np.int64),
            get_optimizer("gd"),
            Schedule((0.1,), (1,)),
        )
