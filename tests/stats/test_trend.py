"""Slopes within episodes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import SettingsError
from iclgd_core.stats import slopes

NUMBER = st.floats(-100.0, 100.0)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=6, unique=True), st.data())
def test_agrees_with_a_plain_loop_and_with_polyfit(x: list[int], data: st.DataObject) -> None:
    y = data.draw(st.lists(st.lists(NUMBER, min_size=len(x), max_size=len(x)), min_size=1, max_size=3))
    middle = math.fsum(x) / len(x)
    spread = math.fsum((u - middle) ** 2 for u in x)
    for row, found in zip(y, slopes(x, y), strict=True):
        expected = math.fsum((u - middle) * v for u, v in zip(x, row, strict=True)) / spread
        assert found == pytest.approx(expected, abs=1e-9)
        assert found == pytest.approx(np.polyfit(x, row, 1)[0], abs=1e-6)


@given(NUMBER, NUMBER)
def test_a_planted_line_is_recovered(slope: float, start: float) -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    assert slopes(x, (start + slope * x)[None, :])[0] == pytest.approx(slope, abs=1e-9)
    assert slopes(x, np.full((2, 4), start)).tolist() == [0.0, 0.0]


def test_guards() -> None:
    for x in ([2.0, 2.0], []):
        with pytest.raises(SettingsError, match="2 distinct settings"):
            slopes(x, np.zeros((1, len(x))))
    assert slopes([2.0, 2.0, 3.0], [[0.0, 0.0, 1.0]]).tolist() == pytest.approx([1.0])
    for y in (np.zeros((1, 3)), np.zeros(2)):
        with pytest.raises(SettingsError, match="trend over 2"):
            slopes([1.0, 2.0], y)
    for bad in (math.nan, math.inf):
        with pytest.raises(SettingsError, match="finite"):
            slopes([1.0, 2.0], [[0.0, bad]])
        with pytest.raises(SettingsError, match="finite"):
            slopes([1.0, bad], [[0.0, 1.0]])
