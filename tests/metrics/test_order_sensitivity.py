"""Order sensitivity against hand values and a plain loop."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import order_sensitivity
from tests.metrics.strategies import Floats, groups, normalised


@pytest.mark.parametrize(("flips", "orders"), [(1, 2), (3, 10), (5, 10), (1, 10)])
def test_a_flip_between_two_tokens(flips: int, orders: int) -> None:
    p = np.full((orders, 3), -np.inf)
    p[:flips, 0] = 0.0
    p[flips:, 2] = 0.0
    r = flips / orders
    assert float(order_sensitivity(p, axis=0)) == pytest.approx(2.0 * math.sqrt(r * (1.0 - r)), abs=1e-12)


@pytest.mark.parametrize("orders", [2, 3, 7])
def test_the_upper_end_is_reached_by_a_token_for_each_order(orders: int) -> None:
    p = np.where(np.eye(orders) > 0, 0.0, -np.inf)
    assert float(order_sensitivity(p, axis=0)) == pytest.approx(math.sqrt(orders - 1), abs=1e-12)


@given(groups(n=4))
def test_agrees_with_a_plain_loop(p: Floats) -> None:
    expected = 0.0
    for v in range(p.shape[1]):
        column = [math.exp(x) for x in p[:, v]]
        mean = math.fsum(column) / 4
        expected += math.sqrt(math.fsum((x - mean) ** 2 for x in column) / 4)
    found = float(order_sensitivity(p, axis=0))
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0.0 <= found <= math.sqrt(3) + 1e-12


@given(groups(n=4), st.randoms())
def test_orders_and_tokens_have_no_names(p: Floats, random: Random) -> None:
    rows, columns = list(range(p.shape[0])), list(range(p.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    found = float(order_sensitivity(p[rows][:, columns], axis=0))
    assert found == pytest.approx(float(order_sensitivity(p, axis=0)), abs=1e-9)


@given(groups(n=1))
def test_equal_orders_have_exactly_none(p: Floats) -> None:
    assert float(order_sensitivity(np.repeat(p, 3, axis=0), axis=0)) == 0.0


def test_every_axis_but_the_last_can_be_that_of_the_orders() -> None:
    p = normalised(np.random.default_rng(0).random((5, 4, 3, 6)))
    for axis in (0, 1, 2):
        moved = order_sensitivity(np.moveaxis(p, axis, 0), axis=0)
        np.testing.assert_allclose(order_sensitivity(p, axis=axis), moved, atol=1e-12)
        np.testing.assert_array_equal(order_sensitivity(p, axis=axis - 4), order_sensitivity(p, axis=axis))


def test_guards() -> None:
    p = normalised(np.ones((2, 3)))
    for axis in (-1, 1, 2, -3):
        with pytest.raises(SettingsError, match="cannot be that of the orders"):
            order_sensitivity(p, axis=axis)
    with pytest.raises(SettingsError, match="at least 2 orders"):
        order_sensitivity(p[:1], axis=0)
    with pytest.raises(SettingsError, match="NaN"):
        order_sensitivity(p * np.nan, axis=0)
    with pytest.raises(SettingsError, match="sum to 1"):
        order_sensitivity(p + 1.0, axis=0)
    assert float(order_sensitivity(p, axis=0)) == 0.0
