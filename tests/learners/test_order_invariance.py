"""Full-batch gradient descent does not depend on the order of its demonstrations; single steps do (theorem 1)."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iclgd_core.learners import Schedule, get_optimizer
from iclgd_core.learners.gd.gradient_descent import gradient_descent
from tests.tiny_models import encoded, episodes, tiny_model, tiny_task, with_demonstrations

SYMBOLS = tiny_task().symbols
EPOCHS = 3


def outputs(architecture: str, seed: int, optimizer: str, order: list[int], draw: int) -> NDArray[np.float64]:
    """Return probabilities of the queries for demonstrations 0..n-1 and for `order`, (2, queries, V)."""
    model = tiny_model(architecture, seed=seed, double=True)
    rng = np.random.default_rng(draw)
    inputs = rng.integers(1, len(SYMBOLS), size=(len(order), 3))
    episode = with_demonstrations(episodes(1)[0], inputs, rng.integers(1, len(SYMBOLS), size=len(order)))
    orders = np.array([[list(range(len(order))), order]])
    schedule = Schedule((0.1,), (EPOCHS,))
    runs = gradient_descent(model, encoded(model, [episode]), orders, get_optimizer(optimizer), schedule)
    assert not runs.diverged.any()
    return np.asarray(np.exp(np.asarray(runs.predictions[0, :, 0, 0], np.float64)))


settled = st.integers(2, 6).flatmap(lambda n: st.permutations(list(range(n))))


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(["llama", "gptj"]), st.integers(0, 99), settled, st.integers(0, 99))
def test_full_batch_is_invariant(architecture: str, seed: int, order: list[int], draw: int) -> None:
    first, second = outputs(architecture, seed, "gd", order, draw)
    assert np.abs(first - second).max() <= 1e-11


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(["llama", "gptj"]), st.integers(0, 99), settled, st.integers(0, 99))
def test_a_batch_that_holds_all_is_full(architecture: str, seed: int, order: list[int], draw: int) -> None:
    assert len(order) <= 8
    full, batches = (outputs(architecture, seed, name, order, draw) for name in ("gd", "sgd8"))
    np.testing.assert_allclose(full, batches, atol=1e-11, rtol=0)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(["llama", "gptj"]), st.integers(0, 99), st.integers(0, 99))
def test_single_steps_are_not_invariant(architecture: str, seed: int, draw: int) -> None:
    first, second = outputs(architecture, seed, "sgd1", [3, 2, 1, 0], draw)
    assert np.abs(first - second).max() > 1e-6
