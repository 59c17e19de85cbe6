"""A map of the gap over GD's settings: drawn as it was recorded, or not at all."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.plain import Json
from reports.render.figures import draw_gap_map, gap_map_of
from reports.render.markdown import render_markdown
from tests.reports.parsed_html import ParsedPage
from tests.reports.sample_papers import papers_report
from tests.reports.strategies import JSON

GAP: dict[str, Json] = {
    "learning_rates": [1e-3, 0.1], "epochs": [1, 10, 30], "batches": [1, "full"],
    "closure": [[[0.0, 0.3, -0.9], [None, 1.0, 0.5]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]],
}  # fmt: skip


def test_each_cell_has_its_number_its_shade_and_its_setting() -> None:
    gap = gap_map_of({"gap_map": GAP})
    assert gap is not None
    first, second = draw_gap_map(gap)
    assert first.count('class="cell ') == 6
    found = re.findall(r"<title>learning rate (.*?), epoch (.*?): (.*?)</title>", first)
    assert found == [
        ("0.001", "1", "0.00"), ("0.001", "10", "0.30"), ("0.001", "30", "-0.90"),
        ("0.1", "1", "–"), ("0.1", "10", "1.00"), ("0.1", "30", "0.50"),
    ]  # fmt: skip
    assert re.findall(r'class="cell (\w+)"', first) == ["k0", "k2", "kn", "none", "k5", "k3"]
    assert "batches of 1" in first
    assert "full batch" in second
    assert "largest 1.00 at rate 0.1, epoch 10" in first
    assert ParsedPage(first).faults == []


def test_maps_of_several_agreements_are_told_apart_by_their_titles() -> None:
    """By what is read at first sight and by what is read aloud."""
    images = [
        image
        for agreement in ("token-overlap", "jensen-shannon")
        if (gap := gap_map_of({"gap_map": GAP | {"quantity": f"agreement with ICL ({agreement})"}}))
        for image in draw_gap_map(gap)
    ]
    heads = [" ".join(re.findall(r'class="strong">(.*?)</text>', image)) for image in images]
    assert heads[0] == "Closure of GD, agreement with ICL (token-overlap), batches of 1"
    titles = [re.findall(r"<title>(.*?)</title>", image)[0] for image in images]
    assert len(set(heads)) == len(set(titles)) == 4


@pytest.mark.parametrize(
    "change",
    [{"quantity": 3}, {"quantity": None}, {"quantity": ["a"]}],
)
def test_a_map_that_does_not_name_its_quantity_is_drawn_without(change: dict[str, Json]) -> None:
    gap = gap_map_of({"gap_map": GAP | change})
    assert gap is not None
    assert gap.title == "Closure of GD"


@pytest.mark.parametrize(
    "change",
    [{"learning_rates": []}, {"epochs": [1, 2]}, {"batches": [1]}, {"closure": None}, {"closure": [[]]},
     {"epochs": None}, {"learning_rates": [True, False]}, {"learning_rates": [[1], [2]]}, {"batches": list(range(99))},
     {"closure": [[[0.0, 0.3, -0.9]], [[0.1, 0.2, 0.3]]]}],
)  # fmt: skip
def test_what_has_another_form_is_not_drawn(change: dict[str, Json]) -> None:
    assert gap_map_of({"gap_map": GAP | change}) is None
    assert gap_map_of({}) is None


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(list(GAP)), JSON), JSON)
def test_anything_recorded_is_drawn_or_passed_over(change: dict[str, Json], odd: Json) -> None:
    for details in ({"gap_map": GAP | change}, {"gap_map": odd}):
        gap = gap_map_of(details)
        for image in [] if gap is None else draw_gap_map(gap):
            assert ParsedPage(image).faults == []


def test_markdown_has_the_map_as_tables() -> None:
    text = render_markdown(papers_report())
    assert "closure of GD, batches of 1\n\n| learning rate | epoch 1 | epoch 10 | epoch 30 |\n" in text
    assert "| 0.02 | 0.05 | 0.31 | 0.12 |" in text
    assert "| 0.1 | -0.30 | -0.90 | – |" in text
