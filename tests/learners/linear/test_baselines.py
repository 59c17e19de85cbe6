"""Baselines: hand values, optimality conditions, brute force, and no demonstrations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.learners.linear.baselines import (
    Baseline,
    averaging,
    averaging_error,
    lasso,
    lasso_weights,
    least_squares_error,
    nearest_neighbours,
    ordinary_least_squares,
    ridge,
)
from iclgd_core.learners.linear.greedy_tree import greedy_tree, grow
from iclgd_core.learners.linear.two_layer_net import two_layer_net
from iclgd_core.tasks.regression.task import Floats

EVERY: dict[str, Baseline] = {
    "least squares": ordinary_least_squares,
    "averaging": averaging,
    "ridge": ridge(1.0),
    "lasso": lasso(0.1),
    "neighbours": nearest_neighbours,
    "tree": greedy_tree,
    "net": two_layer_net,
}


def drawn(seed: int, n: int = 12, d: int = 3, episodes: int = 4) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((episodes, n, d)),
        rng.standard_normal((episodes, n)),
        rng.standard_normal((episodes, 5, d)),
    )


@pytest.mark.parametrize("name", EVERY)
def test_without_demonstrations_all_predict_zero(name: str) -> None:
    x, y, q = drawn(0)
    np.testing.assert_array_equal(EVERY[name](x[:, :0], y[:, :0], q), np.zeros((4, 5)))


@pytest.mark.parametrize("name", EVERY)
def test_episodes_do_not_touch_each_other(name: str) -> None:
    x, y, q = drawn(1)
    alone = EVERY[name](x[2:3], y[2:3], q[2:3])
    np.testing.assert_allclose(EVERY[name](x, y, q)[2:3], alone, rtol=1e-4, atol=1e-5)  # the net is in float32


def test_averaging_and_neighbours_by_hand() -> None:
    x, y, q = np.array([[[1.0], [2.0], [4.0], [9.0]]]), np.array([[1.0, 3.0, 2.0, 7.0]]), np.array([[[2.0], [8.0]]])
    np.testing.assert_allclose(averaging(x, y, q), [[2.0 * 78 / 4, 8.0 * 78 / 4]])
    np.testing.assert_allclose(nearest_neighbours(x, y, q), [[2.0, 4.0]])
    np.testing.assert_allclose(nearest_neighbours(x[:, :2], y[:, :2], q), [[2.0, 2.0]])


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.1, 1.0]), st.integers(2, 15))
@settings(max_examples=20, deadline=None)
def test_lasso_fulfils_its_optimality_conditions(seed: int, alpha: float, n: int) -> None:
    x, y, _ = drawn(seed, n=n, d=4)
    w = lasso_weights(x, y, alpha, sweeps=20000)
    slope = np.einsum("end,en->ed", x, y - np.einsum("end,ed->en", x, w)) / n
    at_zero = np.abs(w) < 1e-9
    assert np.all(np.abs(slope[at_zero]) <= alpha + 1e-4)
    np.testing.assert_allclose(slope[~at_zero], alpha * np.sign(w[~at_zero]), atol=1e-4)


def test_lasso_of_one_coordinate_is_soft_thresholding() -> None:
    x, y = np.array([[[1.0], [1.0]]]), np.array([[2.0, 4.0]])
    np.testing.assert_allclose(lasso_weights(x, y, 1.0), [[2.0]])
    np.testing.assert_allclose(lasso_weights(x, y, 5.0), [[0.0]])


@pytest.mark.parametrize(("alpha", "sweeps"), [(0.0, 1), (-1.0, 1), (float("nan"), 1), (1.0, 0)])
def test_lasso_settings_out_of_range_are_refused(alpha: float, sweeps: int) -> None:
    x, y, _ = drawn(0)
    with pytest.raises(SettingsError, match="Lasso"):
        lasso_weights(x, y, alpha, sweeps)


def test_closed_forms() -> None:
    assert [least_squares_error(n, 4) for n in (0, 1, 4, 9)] == [1.0, 0.75, 0.0, 0.0]
    assert [averaging_error(n, 4) for n in (0, 1, 10)] == [1.0, 5.0, 0.5]
    assert least_squares_error(0, 4, noise=2.0) == 2.0
    assert [least_squares_error(n, 4, noise=2.0) for n in (3, 4, 5)] == [np.inf] * 3


@pytest.mark.parametrize("points", [1, 5, 30])
def test_the_closed_form_with_noise_is_met(points: int) -> None:
    d, noise, rng = 16, 2.0, np.random.default_rng(0)
    w, x, q = (rng.standard_normal(shape) for shape in ((4000, d), (4000, points, d), (4000, 4, d)))
    y = np.einsum("end,ed->en", x, w) + noise * rng.standard_normal((4000, points))
    right = np.einsum("end,ed->en", q, w) + noise * rng.standard_normal((4000, 4))
    error = np.square(ordinary_least_squares(x, y, q) - right).mean() / d
    assert error == pytest.approx(least_squares_error(points, d, noise), rel=0.04)


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
@settings(max_examples=20, deadline=None)
def test_the_first_split_is_the_best_of_all(seed: int, n: int) -> None:
    x, y, _ = drawn(seed, n=n)
    tree = grow(x, y, 1)
    for e in range(len(x)):
        best = min(
            float(((y[e, left] - y[e, left].mean()) ** 2).sum() + ((y[e, ~left] - y[e, ~left].mean()) ** 2).sum())
            for j in range(3)
            for cut in np.sort(x[e, :, j])[:-1]
            for left in [x[e, :, j] <= cut]
        )
        found = float(np.square(tree.predict(x)[e] - y[e]).sum())
        assert found == pytest.approx(best, abs=1e-9)


def test_deeper_trees_fit_more_and_a_full_one_fits_all() -> None:
    x, y, _ = drawn(3, n=16)
    errors = [float(np.square(grow(x, y, depth).predict(x) - y).mean()) for depth in (1, 2, 4, 15)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == pytest.approx(0.0, abs=1e-12)


def test_a_constant_answer_is_not_split() -> None:
    x, y, q = drawn(4)
    tree = grow(x, np.full_like(y, 2.0), 2)
    assert all(np.isinf(threshold).all() for _, threshold in tree.splits)
    np.testing.assert_allclose(tree.predict(q), 2.0)


@pytest.mark.parametrize(("n", "depth"), [(0, 1), (3, 0)])
def test_a_tree_of_nothing_is_refused(n: int, depth: int) -> None:
    x, y, _ = drawn(0)
    with pytest.raises(SettingsError, match="a tree of depth"):
        grow(x[:, :n], y[:, :n], depth)


def test_the_net_learns_what_no_linear_function_can() -> None:
    rng = np.random.default_rng(0)
    x, q = rng.standard_normal((2, 80, 1)), rng.standard_normal((2, 40, 1))
    found = two_layer_net(x, np.abs(x[..., 0]), q)
    assert float(np.square(found - np.abs(q[..., 0])).mean()) < 0.1
    np.testing.assert_array_equal(found, two_layer_net(x, np.abs(x[..., 0]), q))
