"""Accuracy over the whole vocabulary and among the labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import correct, correct_among
from tests.metrics.strategies import Floats, groups, normalised

P = normalised(np.array([[0.1, 0.6, 0.3], [0.4, 0.4, 0.2]]))


def test_hand_values_and_ties_go_to_the_lowest_id() -> None:
    np.testing.assert_array_equal(correct(P, [1, 0]), [1.0, 1.0])
    np.testing.assert_array_equal(correct(P, [2, 1]), [0.0, 0.0])
    np.testing.assert_array_equal(correct_among(P, [2, 2], [2, 0, 2]), [1.0, 0.0])
    np.testing.assert_array_equal(correct_among(P, [1, 1], [1]), [1.0, 1.0])


def test_answers_broadcast_over_orders() -> None:
    out = correct(np.broadcast_to(P, (4, 2, 3)), [1, 1])
    np.testing.assert_array_equal(out, np.tile([1.0, 0.0], (4, 1)))
    assert correct(P, 1).tolist() == [1.0, 0.0]


@given(groups(n=3), st.data())
def test_agrees_with_a_plain_loop_and_restriction_never_hurts(p: Floats, data: st.DataObject) -> None:
    size = p.shape[1]
    labels = data.draw(st.lists(st.integers(0, size - 1), min_size=1))
    answers = data.draw(st.lists(st.sampled_from(labels), min_size=3, max_size=3))
    whole, among = correct(p, answers), correct_among(p, answers, labels)
    for row, answer, w, a in zip(p, answers, whole, among, strict=True):
        assert w == float(max(range(size), key=lambda v: (row[v], -v)) == answer)
        assert a == float(max(set(labels), key=lambda v: (row[v], -v)) == answer)
    assert (among >= whole).all()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([0.0, 1.0], "integer"),
        ([0, 3], "must lie in"),
        ([-1, 0], "must lie in"),
        ([0, 1, 2], "do not fit"),
        ([[0], [1]], "do not fit"),
    ],
)
def test_answers_that_cannot_be_are_refused(answers: ArrayLike, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        correct(P, answers)
    with pytest.raises(SettingsError, match=message):
        correct_among(P, answers, [0, 1, 2])


def test_label_sets_that_cannot_be_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        correct_among(P, [0, 0], [])
    with pytest.raises(SettingsError, match="never be right"):
        correct_among(P, [0, 1], [0])
    with pytest.raises(SettingsError, match="must lie in"):
        correct_among(P, [0, 0], [0, 3])
    with pytest.raises(SettingsError, match="NaN"):
        correct(P + np.nan, [0, 0])
