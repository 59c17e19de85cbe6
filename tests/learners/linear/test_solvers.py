"""Solvers of least squares and ridge: hand values, independent references, and where they stop being true."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.learners.linear.descent import gd
from iclgd_core.learners.linear.solvers import (
    descent_after,
    iterative_newton_path,
    largest_curvature,
    least_squares,
    one_example_path,
    one_example_step,
    ridge_regression,
    sherman_morrison_path,
)
from iclgd_core.tasks.regression.task import Floats

seeds = st.integers(0, 2**32 - 1)


def points(seed: int, episodes: int = 3, n: int = 7, d: int = 4) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((episodes, n, d)), rng.standard_normal((episodes, n))


@given(seeds, st.floats(0.001, 0.5), st.floats(0.0, 2.0))
@settings(max_examples=20, deadline=None)
def test_one_example_step_is_the_gradient_step(seed: int, rate: float, ridge: float) -> None:
    (x, y), w = points(seed, n=1), np.random.default_rng(seed + 1).standard_normal((3, 4))
    weights = torch.tensor(w, requires_grad=True)
    loss = ((torch.tensor(x[:, 0]) * weights).sum(1) - torch.tensor(y[:, 0])).square() + ridge * weights.square().sum(1)
    (gradient,) = torch.autograd.grad(loss.sum(), weights)
    np.testing.assert_allclose(
        one_example_step(w, x[:, 0], y[:, 0], rate, ridge), w - rate * gradient.numpy(), rtol=1e-12, atol=1e-12
    )


def test_one_example_path_by_hand() -> None:
    path = one_example_path(np.array([[[1.0], [2.0]]]), np.array([[1.0, 1.0]]), 0.25)
    np.testing.assert_allclose(path, [[[0.0], [0.5], [0.5]]])  # 0.5 fits the second example, so it stays


def test_one_example_path_depends_on_the_order() -> None:
    x, y = points(0)
    assert np.abs(one_example_path(x, y, 0.1)[:, -1] - one_example_path(x[:, ::-1], y[:, ::-1], 0.1)[:, -1]).min() > 0


@given(seeds, st.floats(0.01, 10.0))
@settings(max_examples=20, deadline=None)
def test_sherman_morrison_is_ridge_after_every_point(seed: int, ridge: float) -> None:
    x, y = points(seed)
    path = sherman_morrison_path(x, y, ridge)
    assert path.shape == (3, 8, 4)
    for n in range(8):
        expected = np.stack(
            [np.linalg.inv(a[:n].T @ a[:n] + ridge * np.eye(4)) @ a[:n].T @ b[:n] for a, b in zip(x, y, strict=True)]
        )
        np.testing.assert_allclose(path[:, n], expected, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(ridge_regression(x[:, :n], y[:, :n], ridge), expected, rtol=1e-7, atol=1e-9)


@given(seeds, st.integers(0, 7))
@settings(max_examples=20, deadline=None)
def test_least_squares_is_lstsq_and_the_limit_of_ridge(seed: int, n: int) -> None:
    x, y = points(seed)
    found = least_squares(x[:, :n], y[:, :n])
    expected = [np.linalg.lstsq(a[:n], b[:n], rcond=None)[0] for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-6, atol=1e-8)


@given(seeds, st.integers(1, 7), st.floats(0.1, 1.9))
@settings(max_examples=20, deadline=None)
def test_descent_after_is_gd_at_those_steps(seed: int, n: int, share: float) -> None:
    x, y = points(seed)
    x, y = x[:, :n], y[:, :n]
    rate = share / largest_curvature(x)
    found = descent_after(x, y, rate, [0, 1, 7, 20])
    for e, eta in enumerate(rate):
        path = gd(x[e, None], y[e, None, :, None], np.eye(4)[None], n * float(eta), 20)[:, 0, :, 0]
        np.testing.assert_allclose(found[e], path[[0, 1, 7, 20]], rtol=1e-8, atol=1e-10)


def test_descent_after_by_hand() -> None:
    x, y = np.array([[[1.0, 0.0], [0.0, 2.0]]]), np.array([[1.0, 1.0]])
    found = descent_after(x, y, 0.25, [0, 1, 2])[0]
    np.testing.assert_allclose(found, [[0.0, 0.0], [0.25, 0.5], [0.4375, 0.5]], atol=1e-15)


@given(seeds, st.integers(1, 7))
@settings(max_examples=20, deadline=None)
def test_newton_ends_at_least_squares(seed: int, n: int) -> None:
    x, y = points(seed)
    x, y = x[:, :n], y[:, :n]
    if np.linalg.cond(x).max() < 1e3:  # beyond, 40 iterations may not do
        found = iterative_newton_path(x, y, 40)[:, -1]
        np.testing.assert_allclose(found, least_squares(x, y), rtol=1e-5, atol=1e-6)


def test_newton_squares_the_residual_of_each_eigenvalue() -> None:
    x = np.diag([1.0, 0.5])[None]
    path = iterative_newton_path(x, x.sum(2), 3, start=1.0)[0]  # w = (1, 1); S = diag(1, 1/4)
    residual = 1.0 - (0.25 / 1.0) ** 2
    np.testing.assert_allclose(path[:, 0], 1.0)
    np.testing.assert_allclose(path[:, 1], [1.0 - residual ** (2**k) for k in range(4)])


def test_newton_as_printed_never_learns_the_largest_direction() -> None:
    x = np.diag([1.0, 0.5])[None]
    path = iterative_newton_path(x, x.sum(2), 12, start=2.0)[0]
    np.testing.assert_allclose(path[1:, 0], 0.0, atol=1e-12)
    np.testing.assert_allclose(path[-1, 1], 1.0)


@pytest.mark.parametrize("ridge", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ridge_that_is_not_positive_is_refused(ridge: float) -> None:
    x, y = points(0)
    for solve in (ridge_regression, sherman_morrison_path):
        with pytest.raises(SettingsError, match="the ridge is"):
            solve(x, y, ridge)


def test_negative_steps_and_starts_out_of_range_are_refused() -> None:
    x, y = points(0)
    with pytest.raises(SettingsError, match="-2 steps"):
        descent_after(x, y, 0.1, [3, -2])
    with pytest.raises(SettingsError, match="-1 steps"):
        iterative_newton_path(x, y, -1)
    for start in (0.0, 2.1):
        with pytest.raises(SettingsError, match="Newton's start"):
            iterative_newton_path(x, y, 1, start)
