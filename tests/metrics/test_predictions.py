"""The guards that every metric of predictions shares, from both sides."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import (
    correct,
    jensen_shannon,
    js_agreement,
    ocs_additive,
    ocs_bounded,
    order_sensitivity,
    token_overlap,
)
from iclgd_core.metrics.predictions import checked, probabilities

Pair = Callable[[ArrayLike, ArrayLike], NDArray[np.float64]]


def overlap_of_two(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    return token_overlap(p, q, k=2)


def bounded_of_two(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    return ocs_bounded(p, q, k=2)


def additive_of_two(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    return ocs_additive(p, q, k=2)


PAIRS: list[Pair] = [overlap_of_two, bounded_of_two, additive_of_two, jensen_shannon, js_agreement]
HALF = np.log([0.5, 0.5])


@pytest.mark.parametrize("metric", PAIRS)
def test_pairs_refuse_nan_infinity_and_other_shapes(metric: Pair) -> None:
    for bad in (np.array([np.nan, 0.0]), np.array([np.inf, 0.0])):
        with pytest.raises(SettingsError, match="NaN"):
            metric(bad, HALF)
        with pytest.raises(SettingsError, match="NaN"):
            metric(HALF, bad)
    with pytest.raises(SettingsError, match="same shape"):
        metric(HALF, np.stack([HALF, HALF]))
    with pytest.raises(SettingsError, match="last axis"):
        metric(0.0, 0.0)


@pytest.mark.parametrize("metric", PAIRS)
def test_pairs_keep_the_leading_shape_in_float64_and_allow_minus_infinity(metric: Pair) -> None:
    p = np.broadcast_to(np.array([0.0, -np.inf, -np.inf], dtype=np.float32), (3, 4, 3))
    out = metric(p, p)
    assert out.shape == (3, 4)
    assert out.dtype == np.float64
    expected = 0.0 if metric is jensen_shannon else 1.0
    np.testing.assert_array_equal(out, expected)


def test_logits_are_refused_and_float32_rounding_is_not() -> None:
    with pytest.raises(SettingsError, match="sum to 1"):
        probabilities(np.array([2.0, 1.0]))
    with pytest.raises(SettingsError, match="sum to 1"):
        probabilities(np.array([1000.0, 1.0]))
    with pytest.raises(SettingsError, match="sum to 1"):
        probabilities(np.log([0.5, 0.498]))
    close = probabilities(np.log([0.5, 0.5004]))
    assert float(close.sum()) == pytest.approx(1.0, abs=1e-15)


def test_checked_accepts_single_entries_and_refuses_empty_vocabularies() -> None:
    assert checked([0.0]).shape == (1,)
    with pytest.raises(SettingsError, match="at least one vocabulary entry"):
        checked(np.zeros((2, 0)))


def test_no_predictions_at_all_is_an_empty_answer() -> None:
    none = np.zeros((0, 3))
    assert jensen_shannon(none, none).shape == (0,)
    assert correct(none, np.zeros(0, dtype=np.int64)).shape == (0,)
    assert order_sensitivity(np.zeros((2, 0, 3)), axis=0).shape == (0,)
