"""The dual form: tokens that are attended to, and an update of the matrix that is applied to the query."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import linear_attention, outer_products, relaxation_share

Floats = NDArray[np.float64]


@st.composite
def attention(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, int]:
    """Draw values, keys, a query, and how many of the tokens are demonstrations; any matrices, ranks and signs."""
    tokens, d_v, d_k = draw(st.integers(1, 9)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    entry = st.floats(-1e3, 1e3, allow_subnormal=False)
    values, keys = (draw(arrays(np.float64, (tokens, d), elements=entry)) for d in (d_v, d_k))
    return values, keys, draw(arrays(np.float64, d_k, elements=entry)), draw(st.integers(0, tokens))


@given(attention())
def test_attention_splits_into_zero_shot_and_an_update(drawn: tuple[Floats, Floats, Floats, int]) -> None:
    values, keys, query, n = drawn
    attended = linear_attention(values, keys, query)
    of_query, of_demonstrations = outer_products(values[n:], keys[n:]), outer_products(values[:n], keys[:n])
    size = np.abs(values).T @ (np.abs(keys) @ np.abs(query))  # sum of magnitudes: what rounding is relative to
    np.testing.assert_array_less(np.abs(attended - (of_query + of_demonstrations) @ query), 1e-14 * size + 1e-290)
    np.testing.assert_allclose(
        attended, linear_attention(values[n:], keys[n:], query) + of_demonstrations @ query, atol=1e-14 * size.max()
    )


@given(attention(), st.floats(0.001, 1.0))
def test_gradient_descent_on_a_linear_layer_is_linear_attention(
    drawn: tuple[Floats, Floats, Floats, int], rate: float
) -> None:
    """One step from W0 on squared errors: W x = W0 x + sum_i e_i (x_i . x), with e_i = -rate times output gradient."""
    targets, inputs, query, _ = drawn
    start = np.full((targets.shape[1], inputs.shape[1]), 0.5)
    errors = inputs @ start.T - targets
    stepped = start - rate * errors.T @ inputs
    by_attention = start @ query + linear_attention(-rate * errors, inputs, query)
    size = np.abs(start) @ np.abs(query) + rate * np.abs(errors).T @ (np.abs(inputs) @ np.abs(query))
    np.testing.assert_array_less(np.abs(stepped @ query - by_attention), 1e-13 * size + 1e-290)


def test_softmax_attention_has_no_such_split() -> None:
    values, keys, query = np.array([[1.0], [2.0]]), np.array([[0.0], [0.0]]), np.array([1.0])
    softmax = float(np.mean(values))  # both scores are 0
    assert softmax != values[1, 0] + float(linear_attention(values[:1], keys[:1], query)[0])


def test_leading_axes_are_kept() -> None:
    rng = np.random.default_rng(0)
    values, keys, query = rng.random((2, 3, 5, 4)), rng.random((2, 3, 5, 6)), rng.random((2, 3, 6))
    out, update = linear_attention(values, keys, query), outer_products(values, keys)
    assert out.shape == (2, 3, 4)
    np.testing.assert_allclose(out[1, 2], values[1, 2].T @ keys[1, 2] @ query[1, 2])
    np.testing.assert_allclose(np.einsum("...vk,...k->...v", update, query), out)


@given(arrays(np.float64, 4, elements=st.floats(0.1, 9)), st.floats(0.01, 100.0))
def test_a_multiple_explains_all(soft: Floats, scale: float) -> None:
    assert float(relaxation_share(soft, scale * soft)) == pytest.approx(1.0)
    assert float(relaxation_share(soft, -scale * soft)) == 0.0
    assert float(relaxation_share(soft, np.zeros(4))) == 0.0


@given(arrays(np.float64, (2, 4), elements=st.floats(-9, 9).filter(lambda x: abs(x) > 0.01)))
def test_the_share_is_that_of_the_best_multiple(x: Floats) -> None:
    soft, linear = x
    factors = np.concatenate([[0.0], np.logspace(-6, 6, 4001)])
    left = ((soft - factors[:, None] * linear) ** 2).sum(axis=1).min() / (soft**2).sum()
    assert float(relaxation_share(soft, linear)) == pytest.approx(1.0 - left, abs=1e-4)


def test_other_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="got shapes"):
        linear_attention(np.ones((3, 2)), np.ones((2, 2)), np.ones(2))
    with pytest.raises(SettingsError, match="got shapes"):
        linear_attention(np.ones((3, 2)), np.ones((3, 2)), np.ones(4))
    with pytest.raises(SettingsError, match="got shapes"):
        outer_products(np.ones(3), np.ones((3, 2)))
    with pytest.raises(SettingsError, match="one shape"):
        relaxation_share([1.0, 2.0], [1.0])
    with pytest.raises(SettingsError, match="norm zero"):
        relaxation_share([0.0, 0.0], [1.0, 1.0])
    with pytest.raises(SettingsError, match="NaN"):
        relaxation_share([1.0, np.inf], [1.0, 1.0])
