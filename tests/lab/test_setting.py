"""Choosing the best of named settings: ties, what is not eligible, and the two directions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.errors import DivergedError
from iclgd_core.lab.setting import best

SCORES = st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=1, max_size=12)


@pytest.mark.parametrize(("least", "chosen"), [(False, ("b", 3.0)), (True, ("a", 1.0))])
def test_the_first_of_equals_is_chosen(least: bool, chosen: tuple[str, float]) -> None:
    assert best([("a", 1.0), ("b", 3.0), ("c", 3.0), ("d", 1.0)], least) == chosen


@pytest.mark.parametrize("broken", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("least", [False, True])
def test_what_diverged_is_not_eligible(broken: float | None, least: bool) -> None:
    assert best([("broken", broken), ("whole", 2.0)], least) == ("whole", 2.0)
    with pytest.raises(DivergedError, match="no setting can be chosen: all of them diverged"):
        best([("broken", broken)], least)


@given(SCORES)
def test_no_other_is_better_and_none_before_as_good(scores: list[float | None]) -> None:
    usable = {i: score for i, score in enumerate(scores) if score is not None and math.isfinite(score)}
    if not usable:
        with pytest.raises(DivergedError):
            best(enumerate(scores))
        return
    place, score = best(enumerate(scores))
    assert score == max(usable.values()) == usable[place]
    assert all(value < score for i, value in usable.items() if i < place)
    mirrored = ((i, None if value is None else -value) for i, value in enumerate(scores))
    assert best(mirrored, least=True) == (place, -score)
