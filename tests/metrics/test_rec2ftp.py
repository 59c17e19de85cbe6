"""Rec2FTP and its chance level."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from iclgd_core.errors import SettingsError
from iclgd_core.metrics import rec2ftp

Bits = NDArray[np.int64]


def bits(*shape: int) -> st.SearchStrategy[Bits]:
    return arrays(np.int64, shape, elements=st.integers(0, 1))


@given(bits(3, 6), bits(3, 6), bits(3, 6))
def test_counts_agree_with_a_loop(zero_shot: Bits, tuned: Bits, icl: Bits) -> None:
    found = rec2ftp(zero_shot, tuned, icl)
    for e in range(3):
        flipped = [q for q in range(6) if not zero_shot[e, q] and tuned[e, q]]
        assert found.flipped[e] == len(flipped)
        assert found.both[e] == sum(icl[e, q] for q in flipped)
    assert (found.value is None) == (found.chance is None) == (found.flipped.sum() == 0)
    assert found.value is None or 0.0 <= found.value <= 1.0


@given(bits(1, 5), bits(1, 5), bits(1, 5))
def test_chance_is_the_mean_over_all_ways_to_flip_as_many(zero_shot: Bits, tuned: Bits, icl: Bits) -> None:
    found = rec2ftp(zero_shot, tuned, icl)
    wrong = np.flatnonzero(zero_shot[0] == 0)
    recovered = []
    for order in permutations(wrong):
        moved = tuned.copy()
        moved[0, wrong] = tuned[0, list(order)]
        recovered.append(rec2ftp(zero_shot, moved, icl).both[0])
    assert found.expected[0] == pytest.approx(np.mean(recovered))


def test_an_icl_that_is_right_everywhere_recovers_all_without_any_relation() -> None:
    found = rec2ftp([[0, 0, 1]], [[1, 0, 1]], [[1, 1, 1]])
    assert (found.value, found.chance) == (1.0, 1.0)


def test_an_icl_that_learns_what_fine_tuning_learns_is_above_chance() -> None:
    found = rec2ftp([[0, 0, 0, 0]], [[1, 1, 0, 0]], [[1, 1, 0, 0]])
    assert (found.value, found.chance) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("zero_shot", "message"),
    [([[0, 2]], "0 or 1"), ([0, 1], r"\(episodes, queries\)"), ([[0.5, 1.0]], "0 or 1"), ([[0, 1, 1]], "one shape")],
)
def test_other_input_is_refused(zero_shot: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        rec2ftp(zero_shot, [[0, 1]], [[1, 1]])  # type: ignore[arg-type]
