"""Axes and labels: positions, round ticks, and texts that do not cover each other."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.render.figures.labels import push_apart
from reports.render.figures.scale import Scale, compact, linear_ticks, log_ticks, span, tick_labels
from reports.render.figures.svg import element, lines

FINITE = st.floats(-1.7e308, 1.7e308)


@given(st.lists(FINITE, max_size=5), st.sampled_from([0.0, 0.05, 0.5]))
def test_a_span_holds_its_values_and_has_room(values: list[float], pad: float) -> None:
    low, high = span(values, pad)
    assert low < high
    assert all(low <= v <= high for v in values)
    assert math.isfinite(low)
    assert math.isfinite(high)


@given(st.lists(st.floats(1e-290, 1e290), min_size=1, max_size=5))
def test_a_logarithmic_span_stays_positive(values: list[float]) -> None:
    low, high = span(values, 0.05, log=True)
    assert 0.0 < low < high
    assert low <= min(values) * (1 + 1e-9)
    assert high >= max(values) * (1 - 1e-9)


@given(st.lists(FINITE, min_size=1, max_size=5), FINITE)
def test_positions_stay_on_the_axis_and_keep_the_order(values: list[float], other: float) -> None:
    low, high = span(values)
    scale = Scale(low, high, 10.0, 90.0)
    assert scale(low) == pytest.approx(10.0)
    assert scale(high) == pytest.approx(90.0)
    assert 10.0 <= scale(other) <= 90.0
    places = [scale(v) for v in sorted(values)]
    assert places == sorted(places)


@given(FINITE, FINITE)
def test_linear_ticks_are_few_and_within(a: float, b: float) -> None:
    low, high = span([a, b])
    ticks = linear_ticks(low, high)
    room = (high / 2 - low / 2) * 1e-6
    assert 1 <= len(ticks) <= 8
    assert all(low - room <= t <= high + room for t in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (-0.02, 0.031, [-0.02, 0.0, 0.02]),
        (0.0, 30.0, [0.0, 10.0, 20.0, 30.0]),
        (97.0, 103.0, [98.0, 100.0, 102.0]),
    ],
)
def test_linear_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert linear_ticks(low, high) == pytest.approx(ticks)


def test_logarithmic_ticks() -> None:
    assert log_ticks(1e-6, 1e-2) == pytest.approx([1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
    assert log_ticks(2.0, 5.0) == [2.0, 5.0]
    assert len(log_ticks(1e-290, 1e290)) <= 7


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.925, 0.95, 0.975], ["0.925", "0.95", "0.975"]),
        ([0.0, 1000.0, 2000.0], ["0", "1000", "2000"]),
        ([1e-6, 1e-3, 1.0], ["10⁻⁶", "10⁻³", "1"]),
        ([0.1, 1.0, 10.0], ["0.1", "1", "10"]),
        ([-1e-6, 0.0, 2.5e-6], ["-10⁻⁶", "0", "2.5×10⁻⁶"]),
        ([100000.0, 150000.0], ["100k", "150k"]),
    ],
)
def test_labels_say_the_value(values: list[float], labels: list[str]) -> None:
    assert tick_labels(values) == labels


@given(st.lists(FINITE, min_size=1, max_size=6, unique=True))
def test_different_values_have_different_labels(values: list[float]) -> None:
    labels = tick_labels(values)
    assert len(labels) == len(values)
    if all(math.isclose(v, round(v)) and abs(v) < 1e4 for v in values):
        assert [float(label) for label in labels] == pytest.approx(values)


@given(FINITE)
def test_a_compact_number_is_short(value: float) -> None:
    assert len(compact(value)) <= 13


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(5, 30)), max_size=8))
def test_labels_never_cover_each_other(wanted: list[tuple[float, float]]) -> None:
    places, heights = [w for w, _ in wanted], [h for _, h in wanted]
    found = push_apart(places, heights, 0.0, 100.0)
    boxes = sorted((m - h / 2, m + h / 2) for m, h in zip(found, heights, strict=True))
    assert all(below[0] >= above[1] - 1e-6 for above, below in pairwise(boxes))
    assert all(top >= -1e-6 for top, _ in boxes)
    if sum(heights) <= 100.0:
        assert all(bottom <= 100.0 + 1e-6 for _, bottom in boxes)
    order = sorted(range(len(places)), key=places.__getitem__)
    assert [found[i] for i in order] == sorted(found)


def test_labels_with_room_stay_where_they_are() -> None:
    assert push_apart([20.0, 60.0], [10.0, 10.0], 0.0, 100.0) == [20.0, 60.0]


def test_text_is_escaped_everywhere() -> None:
    made = element("text", "<b>&\x1b", x=1.0, class_='"><script>', stroke_dasharray=None)
    assert made == '<text x="1" class="&#34;&gt;&lt;script&gt;">&lt;b&gt;&amp;</text>'
    assert element("g", element("b", "x")) == "<g><b>x</b></g>"


@given(st.text(), st.integers(3, 20), st.integers(1, 3))
def test_lines_fit(text: str, width: int, most: int) -> None:
    found = lines(text, width, most)
    assert 1 <= len(found) <= most
    assert all(len(line) <= width for line in found)
