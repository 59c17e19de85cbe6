"""The time left, from the finished tests; all by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iclgd_core.evidence.progress import Running
from reports.collect.time_left import Pace, in_words, measuring_left


def pace(**seconds: list[float]) -> Pace:
    made = Pace()
    for function, each in seconds.items():
        for i, one in enumerate(each):
            made.finished(f"{function}[{i}]", one)
    return made


def test_nothing_is_said_before_anything_is_finished() -> None:
    assert Pace().left(["a[1]"], [], 2, 0.0) is None


def test_a_test_takes_the_mean_of_its_function_or_of_all() -> None:
    made = pace(a=[2.0, 4.0], b=[9.0])
    assert made.left(["a[7]", "a[8]"], [], 1, 0.0) == 6.0
    assert made.left(["a[7]", "c[0]"], [], 1, 0.0) == 3.0 + 5.0
    assert made.left(["a[7]", "a[8]", "b[1]"], [], 3, 0.0) == 5.0
    assert made.left([], [], 3, 0.0) == 0.0


def test_what_runs_has_had_some_of_its_time_and_takes_as_long_as_it_measures() -> None:
    made = pace(a=[10.0])
    young = Running("a[7]", "A", since=100.0)
    assert made.left(["a[7]", "a[8]"], [young], 1, now=104.0) == 6.0 + 10.0
    old = Running("a[7]", "A", since=0.0)
    assert made.left(["a[7]", "a[8]"], [old], 1, now=104.0) == 10.0
    slow = Running("a[7]", "A", since=0.0, what="steps", done=25, total=100, began=80.0)
    assert measuring_left(slow, now=104.0) == 72.0
    assert made.left(["a[7]", "a[8]"], [slow], 1, now=104.0) == 82.0
    assert made.left(["a[7]", "a[8]"], [slow], 8, now=104.0) == 72.0, "the longest one is not shared"


@pytest.mark.parametrize(("done", "total"), [(0, 10), (0, 0), (10, 10), (12, 10)])
def test_what_says_no_pace_takes_no_known_time(done: int, total: int) -> None:
    assert measuring_left(Running("a", "A", 0.0, "steps", done, total, 1.0), now=9.0) == 0.0


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_longer_time_never_reads_as_a_shorter_one(one: float, other: float) -> None:
    def minutes(text: str) -> float:
        parts = text.split()
        return sum(
            float(n) * {"s": 1 / 60, "min": 1, "h": 60}[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True)
        )

    low, high = sorted((one, other))
    assert minutes(in_words(low)) <= minutes(in_words(high))
    assert minutes(in_words(high)) * 60 >= high - 1e-6
