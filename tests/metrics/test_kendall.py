"""Kendall's tau-b."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import kendalltau

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import kendall_tau

Floats = NDArray[np.float64]
TIED = st.lists(st.integers(-3, 3), min_size=7, max_size=7).map(lambda x: np.array(x, dtype=np.float64))


@given(TIED, TIED)
def test_agrees_with_scipy_on_ties(a: Floats, b: Floats) -> None:
    assume(len(set(a)) > 1 and len(set(b)) > 1)
    found = float(kendall_tau(a, b))
    assert found == pytest.approx(kendalltau(a, b).statistic, abs=1e-12)
    assert -1.0 <= found <= 1.0
    assert float(kendall_tau(np.exp(a), 3.0 * b)) == found
    assert float(kendall_tau(a, -b)) == pytest.approx(-found)


@given(arrays(np.float64, (2, 3, 5), elements=st.floats(-9, 9), unique=True))
def test_many_rankings_at_once_are_those_one_by_one(x: Floats) -> None:
    a, b = x, x[:, ::-1]
    np.testing.assert_allclose(
        kendall_tau(a, b), [[kendalltau(a[i, j], b[i, j]).statistic for j in range(3)] for i in range(2)], atol=1e-12
    )


def test_pieces_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = np.random.default_rng(0).random((2, 11, 6))
    whole = kendall_tau(a, b)
    monkeypatch.setattr("iclgd_core.metrics.kendall.MOST_PAIRS", 40)
    np.testing.assert_array_equal(kendall_tau(a, b), whole)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0], [1.0], "n >= 2"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "one shape"),
        ([1.0, np.nan], [1.0, 2.0], "NaN"),
        ([1.0, 1.0], [1.0, 2.0], "all equal"),
    ],
)
def test_what_ranks_nothing_is_refused(a: list[float], b: list[float], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        kendall_tau(a, b)
