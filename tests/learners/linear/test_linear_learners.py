"""GD, GD++, one pass of SGD on the linear model: by hand, against autograd, against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.learners.linear.descent import autograd_gd, gd, gd_plus_plus, gd_with_rates, sgd
from iclgd_core.models.regression.constructed import best_loss, best_rate
from iclgd_core.tasks.regression.uniform import UniformLinear

X = np.array([[[1.0], [2.0]]])
Y = np.array([[[1.0], [4.0]]])
Q = np.array([[[3.0]]])


def test_gd_by_hand() -> None:
    """S = 5/2, moment = 9/2: w = 0, then 0.1 x 4.5 = 0.45, then 0.45 - 0.1 (2.5 x 0.45 - 4.5) = 0.7875."""
    np.testing.assert_allclose(gd(X, Y, Q, 0.1, 2).ravel(), [0.0, 3 * 0.45, 3 * 0.7875], atol=1e-15)


def test_gd_plus_plus_by_hand() -> None:
    """After w = 0.45: residuals 0.55, 3.1, x <- (1 - 0.2 x 2.5) x = x/2; w = 0.1 (0.275 + 3.1) / 2 = 0.16875."""
    found = gd_plus_plus(X, Y, Q, 0.1, 0.2, 2).ravel()
    np.testing.assert_allclose(found, [0.0, 3 * 0.45, 3 * 0.45 + 1.5 * 0.16875], atol=1e-15)


def test_sgd_by_hand() -> None:
    """From 0: w = 2 x 0.1 x 1 = 0.2 after (1, 1); then w - 0.2 (4 w - 8) = 0.2 + 1.44 = 1.64 after (2, 4)."""
    np.testing.assert_allclose(sgd(X, Y, Q, 0.1), [[[3 * 1.64]]], atol=1e-15)


def test_rates_by_hand() -> None:
    np.testing.assert_allclose(gd_with_rates(X, Y, Q, [0.1, 0.2]), [[[3 * (0.45 + 0.2 * 3.375)]]], atol=1e-15)


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 3), st.integers(0, 4), st.floats(0.01, 1.0))
@settings(max_examples=30, deadline=None)
def test_gd_is_autograds_gd(seed: int, shots: int, outputs: int, steps: int, rate: float) -> None:
    e = UniformLinear("t", inputs=3, outputs=outputs).draw(seed, "tuning", 2, shots, 3)
    expected = autograd_gd(e.xs, e.ys, e.xq, rate, steps, np.zeros((outputs, 3)))
    np.testing.assert_allclose(gd(e.xs, e.ys, e.xq, rate, steps)[steps], expected, atol=1e-12)
    np.testing.assert_allclose(gd_with_rates(e.xs, e.ys, e.xq, [rate] * steps), expected, atol=1e-12)
    np.testing.assert_allclose(gd_plus_plus(e.xs, e.ys, e.xq, rate, 0.0, steps)[steps], expected, atol=1e-12)


@given(st.integers(0, 2**31), st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_the_first_step_of_gd_plus_plus_is_gds(seed: int, shrink: float) -> None:
    e = UniformLinear("t", inputs=3).draw(seed, "tuning", 2, 4, 3)
    np.testing.assert_allclose(
        gd_plus_plus(e.xs, e.ys, e.xq, 0.7, shrink, 1)[1], gd(e.xs, e.ys, e.xq, 0.7, 1)[1], atol=1e-13
    )


def test_gd_plus_plus_is_gd_on_curved_features() -> None:
    """Step two of GD++ is a GD step, by autograd, on the residuals in the curved inputs."""
    e = UniformLinear("t", inputs=3).draw(5, "tuning", 2, 4, 3)
    rate, shrink = 0.6, 0.4
    first_all = autograd_gd(e.xs, e.ys, np.concatenate([e.xs, e.xq], 1), rate, 1, np.zeros((1, 3)))
    residuals, first = e.ys - first_all[:, :4], first_all[:, 4:]
    curve = np.eye(3) - shrink / 4 * np.einsum("end,enf->edf", e.xs, e.xs)
    second = autograd_gd(e.xs @ curve, residuals, e.xq @ curve, rate, 1, np.zeros((1, 3)))
    np.testing.assert_allclose(gd_plus_plus(e.xs, e.ys, e.xq, rate, shrink, 2)[2], first + second, atol=1e-13)


@given(st.permutations(range(5)))
@settings(max_examples=10, deadline=None)
def test_gd_ignores_the_order_and_sgd_does_not(order: list[int]) -> None:
    e = UniformLinear("t", inputs=3).draw(7, "tuning", 2, 5, 3)
    moved = e.ordered(np.tile(order, (2, 1)))
    np.testing.assert_allclose(gd(moved.xs, moved.ys, e.xq, 0.5, 3), gd(e.xs, e.ys, e.xq, 0.5, 3), atol=1e-14)
    changed = np.abs(sgd(moved.xs, moved.ys, e.xq, 0.3) - sgd(e.xs, e.ys, e.xq, 0.3)).max()
    assert changed == 0.0 if order == sorted(order) else changed > 1e-6


def test_start_of_autograds_gd() -> None:
    start = np.array([[2.0]])
    np.testing.assert_allclose(autograd_gd(X, Y, Q, 0.1, 0, start), [[[6.0]]])
    np.testing.assert_allclose(autograd_gd(X, Y, Q, 0.1, 1, start), [[[3 * (2 - 0.1 * 0.5)]]], atol=1e-15)


def test_divergence_gives_no_number_instead_of_a_warning() -> None:
    e = UniformLinear("t").draw(0, "tuning", 1, 10, 1)
    assert not np.isfinite(gd(e.xs, e.ys, e.xq, 1e200, 64)[64]).any()


@pytest.mark.parametrize(("shots", "steps"), [(0, 1), (2, -1)])
def test_no_demonstrations_or_steps_are_refused(shots: int, steps: int) -> None:
    with pytest.raises(SettingsError, match="Allowed: at least 1 demonstration, 0 steps or more"):
        gd(X[:, :shots], Y[:, :shots], Q, 0.1, steps)


@pytest.mark.parametrize("a", [0.5, 1.0])
def test_closed_forms_of_the_best_rate_and_loss(a: float) -> None:
    """On 30,000 tasks of one query; the loss at the best rate is least, and as said."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-a, a, (30_000, 11, 10))
    y = np.einsum("end,ed->en", x, rng.standard_normal((30_000, 10)))[..., None]
    eta = best_rate(a, 10, 10)

    def loss(rate: float) -> float:
        return float(0.5 * np.square(gd(x[:, :10], y[:, :10], x[:, 10:], rate, 1)[1] - y[:, 10:]).mean())

    assert loss(eta) == pytest.approx(best_loss(a, 10, 10), rel=0.03)
    assert loss(eta) < min(loss(0.8 * eta), loss(1.2 * eta))
