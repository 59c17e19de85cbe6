"""Charts: panels from curves, their geometry, and the paper's figures."""

import re
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclgd_core.evidence.claim import claim_of
from iclgd_core.evidence.curves import Curve, Point
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.render.figures import FIGURES, draw_forest, draw_panel, left_out, panels_of, plates, style_of, y_domain
from reports.render.figures.style import COLOURS, STYLES
from tests.reports.hostile import HOSTILE
from tests.reports.sample import sample_report
from tests.reports.strategies import curves, evidence, recorded

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def curve(
    points: tuple[Point, ...], learner: str = "gd", label: str = "GD", log: bool = False, source: str = ""
) -> Curve:
    return Curve("accuracy", learner, label, "epoch", points, x_log=log, source=source)


def parsed(image: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(image).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))  # noqa: S314


def check_within(image: str) -> None:
    """Every coordinate is a finite number within the picture."""
    root = parsed(image)
    _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    for node in root.iter():
        for name, limit in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            if name in node.attrib:
                assert -1.0 <= float(node.attrib[name]) <= limit + 1.0, (node.tag, node.attrib)
        path = node.attrib.get("d", "")
        assert "nan" not in path
        assert "inf" not in path
        for pair in re.findall(r"[ML](-?[0-9.]+) (-?[0-9.]+)", path):
            assert -1.0 <= float(pair[0]) <= width + 1.0, path
            assert -1.0 <= float(pair[1]) <= height + 1.0, path


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(curves(), max_size=3), max_size=3))
def test_any_curves_can_be_drawn(sub_claims: list[list[Curve]]) -> None:
    for panel in panels_of(sub_claims):
        check_within(draw_panel(panel))


@settings(max_examples=60, deadline=None)
@given(st.lists(evidence(), max_size=4))
def test_any_effects_can_be_drawn(items: list[Evidence]) -> None:
    image = draw_forest(items)
    if any(item.outcome is not None for item in items):
        check_within(image)
    else:
        assert image == ""


@pytest.mark.parametrize(
    "points",
    [
        (Point(1.0, 0.5),),
        (Point(1.0, 0.5), Point(2.0, 0.5), Point(3.0, 0.5)),
        (Point(0.0, 0.0), Point(0.0, 0.0)),
        (Point(1e-300, 1e-300), Point(2e-300, 3e-300)),
        (Point(-1.7e308, 1.7e308, -1.7e308, 1.7e308), Point(1.7e308, -1.7e308)),
        (Point(1.0, -5.0, -9.0, -1.0), Point(2.0, 4.0)),
        (Point(5e-324, 5e-324), Point(1.0, 1e16), Point(2.0, 1e16 + 2)),
        (Point(None, 0.5, 0.4, 0.6), Point(2.0, 0.5, 0.4, None)),
        tuple(Point(float(i), i / 50, i / 60, i / 40) for i in range(40)),
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_awkward_values(points: tuple[Point, ...], log: bool) -> None:
    (panel,) = panels_of([[curve(points, log=log)]])
    check_within(draw_panel(panel))


def test_no_curves_no_panels() -> None:
    assert panels_of([]) == []
    assert panels_of([[curve(())], []]) == []


def test_a_logarithmic_axis_falls_back_and_says_so() -> None:
    note = "linear axis: not every x is positive"
    (bad,) = panels_of([[curve((Point(0.0, 1.0), Point(10.0, 2.0)), log=True)]])
    (good,) = panels_of([[curve((Point(1.0, 1.0), Point(10.0, 2.0)), log=True)]])
    assert note in draw_panel(bad)
    assert note not in draw_panel(good)


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors() -> None:
    (panel,) = panels_of([[curve((Point(1.0, 0.0), Point(10.0, 0.0), Point(100.0, 0.0)), log=True)]])
    marks = [n for n in parsed(draw_panel(panel)).iter() if n.attrib.get("class") == "curve"]
    xs = [float(x) for x, _ in re.findall(r"[ML](\S+) (\S+?)(?=[ML]|$)", marks[0].attrib["d"])]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.02)


def bare(learner: str = "gd", points: tuple[Point, ...] = (), source: str = "") -> list[Curve]:
    """Floor, ceiling and one further curve."""
    levels = [Curve("q", name, name, "x", (Point(None, 0.5),)) for name in ("icl", "zero-shot", "construction")]
    return [*levels, *([Curve("q", learner, learner, "x", points, source=source)] if points else [])]


@pytest.mark.parametrize(
    ("sub_claim", "drawn"),
    [
        (bare(), False),
        (bare("icl", (Point(None, 0.6),)), False),
        (bare("gd", (Point(None, 0.6),), source="a paper"), False),
        (bare("gd", (Point(None, 0.6),)), True),
        (bare("gd", (Point(1.0, 0.6),)), True),
        (bare("icl", (Point(1.0, 0.6),)), True),
    ],
)
def test_floor_and_ceiling_alone_are_no_figure_and_the_reason_is_said(sub_claim: list[Curve], drawn: bool) -> None:
    assert len(panels_of([sub_claim])) == drawn
    why = "q: not drawn, since no learner was measured beside floor and ceiling"
    assert left_out([sub_claim]) == ([] if drawn else [why])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(curves(), max_size=3), max_size=3))
def test_every_figure_that_is_drawn_has_a_mark_of_a_learner(sub_claims: list[list[Curve]]) -> None:
    for panel in panels_of(sub_claims):
        measured = [one for one in panel.series if not one.source]
        assert any(one.points or one.learner not in ("icl", "zero-shot", "construction") for one in measured)
    quantities = {c.quantity for curves in sub_claims for c in curves if c.points}
    told = left_out(sub_claims)
    assert all(q in {p.quantity for p in panels_of(sub_claims)} or any(q in why for why in told) for q in quantities)


def test_equal_curves_are_drawn_once_and_other_x_are_joined() -> None:
    flat, at = curve((Point(None, 0.8),), "icl", "ICL"), [curve((Point(x, 0.5),)) for x in (8.0, 2.0)]
    (panel,) = panels_of([[flat, at[0]], [flat, at[1]], [flat]])
    assert [(one.learner, len(one.every)) for one in panel.series] == [("icl", 1), ("gd", 2)]
    assert [p.x for p in panel.series[1].points] == [2.0, 8.0]


def test_references_measured_otherwise_get_a_panel_with_their_own_learner() -> None:
    def pair(level: float, learner: str) -> list[Curve]:
        return [curve((Point(None, level),), "icl", "ICL"), curve((Point(1.0, 0.5),), learner, learner)]

    first, second = panels_of([pair(0.8, "gd"), pair(0.9, "sgd1"), pair(0.8, "adam1")])
    assert [one.learner for one in first.series] == ["icl", "gd", "adam1"]
    assert [one.learner for one in second.series] == ["icl", "sgd1"]


def test_a_curve_of_the_paper_looks_different_and_names_its_source() -> None:
    ours, theirs = (
        curve((Point(1.0, 0.5), Point(2.0, 0.6))),
        curve((Point(1.0, 0.4), Point(2.0, 0.7)), source="Shen, table 1"),
    )
    (panel,) = panels_of([[ours, theirs]])
    image = draw_panel(panel)
    assert [one.source for one in panel.series] == ["", "Shen, table 1"]
    assert image.count('class="hollow"') == 2
    assert image.count('class="mark"') == 2
    texts = [n.text for n in parsed(image).iter(f"{SVG}text")]
    assert texts.count("published") == 1
    assert texts.count("published: Shen, table 1") == 1
    assert 'class="s-blue cited"' in image


def test_intervals_are_always_drawn() -> None:
    (few,) = panels_of([[curve((Point(1.0, 0.5, 0.4, 0.6), Point(2.0, 0.5)))]])
    assert draw_panel(few).count('class="whisker"') == 1
    (many,) = panels_of([[curve(tuple(Point(float(i), 0.5, 0.4, 0.6) for i in range(30)))]])
    assert draw_panel(many).count('class="band"') == 1
    (flat,) = panels_of([[curve((Point(None, 0.5, 0.4, 0.6),))]])
    assert draw_panel(flat).count('class="band"') == 1


def test_the_axis_holds_every_interval() -> None:
    panels = panels_of([[curve((Point(1.0, 5.0, 3.0, 9.0), Point(None, -2.0)))]])
    low, high = y_domain(panels)
    assert low < -2.0
    assert high > 9.0
    assert y_domain(panels_of([[curve((Point(1.0, 0.2), Point(2.0, 0.9)))]]))[0] == 0.0


def test_each_learner_has_one_look_of_its_own() -> None:
    looks = {(style.colour, style.marker) for style in STYLES.values()}
    assert len(looks) == len(STYLES)
    assert {style.colour for style in STYLES.values()} <= set(COLOURS)
    assert style_of("newton") == style_of("newton")
    assert style_of("\ud800").colour in COLOURS


def test_labels_are_there_for_every_series_and_apart() -> None:
    names = ["gd", "sgd1", "sgd2", "sgd4", "sgd8", "adam1", "icl"]
    (panel,) = panels_of([[curve((Point(1.0, 0.5), Point(2.0, 0.5)), name, name) for name in names]])
    labels = [n for n in parsed(draw_panel(panel)).iter(f"{SVG}text") if "label" in n.attrib["class"]]
    assert sorted(n.text or "" for n in labels) == sorted(names)
    ys = sorted(float(n.attrib["y"]) for n in labels)
    assert all(b - a >= 12.0 for a, b in pairwise(ys))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_stay_words(text: str) -> None:
    made = Curve(text, text, text, text, (Point(1.0, 0.5), Point(2.0, 0.6)), text, source=text)
    for panel in panels_of([[made]]):
        root = parsed(draw_panel(panel))
        assert {n.tag.removeprefix(SVG) for n in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "g",
            "path",
            "text",
            "rect",
            "circle",
        }
        assert not [name for n in root.iter() for name in n.attrib if name.startswith("on") or "href" in name]


def marks(kind: str, estimate: float, threshold: float) -> ElementTree.Element:
    outcome = Outcome("gap", "rule", estimate, (estimate - 1, estimate + 1), threshold, 9, kind=kind, p_supported=0.5)
    return parsed(draw_forest([recorded(1, outcome, verdict=Verdict.INCONCLUSIVE)]))


def spans(root: ElementTree.Element) -> tuple[tuple[float, float], list[float]]:
    (shade,) = [n for n in root.iter(f"{SVG}rect") if n.attrib["class"] == "claimed"]
    bounds = [float(n.attrib["d"][1:].split()[0]) for n in root.iter(f"{SVG}path") if n.attrib.get("class") == "bound"]
    left = float(shade.attrib["x"])
    return (left, left + float(shade.attrib["width"])), bounds


def test_the_shade_lies_where_the_claim_does() -> None:
    (left, right), (bound,) = spans(marks("greater", 5.0, 2.0))
    assert [left, right] == pytest.approx([bound, 352.0], abs=0.02)
    (left, right), (bound,) = spans(marks("every below", 5.0, 2.0))
    assert [left, right] == pytest.approx([8.0, bound], abs=0.02)
    (left, right), (low, high) = spans(marks("equivalent", 5.0, 2.0))
    assert [left, right] == pytest.approx([low, high], abs=0.02)
    assert not [n for n in marks("other", 5.0, 2.0).iter() if n.attrib.get("class") == "claimed"]


def test_a_forest_of_positive_effects_far_apart_is_logarithmic() -> None:
    items = [item for item in sample_report().evidence if item.id == "S1t"]
    image = draw_forest(items)
    ticks = [n.text or "" for n in parsed(image).iter(f"{SVG}text") if "muted small" in n.attrib["class"]]
    assert len(ticks) >= 3
    assert all(tick.startswith("10") for tick in ticks)


def test_the_paper_s_figures_from_the_sample() -> None:
    found = [(plate.figure.name, plate.model, len(plate.panels)) for plate in plates(sample_report().evidence)]
    assert found == [
        ("Figure 2", "ginc-gptj-829k", 1),
        ("Figure 2", "ginc-llama-794k", 1),
        ("Figure 3", "ginc-llama-208k", 2),
        ("Figure 4", "ginc-llama-794k", 1),
        ("Figure 5", "ginc-llama-794k", 7),
        ("Figure 6", "4 sizes", 1),
        ("Table 1", "ginc-llama-794k", 1),
    ]


def test_the_grid_runs_from_the_whole_model_to_the_deep_layer() -> None:
    (grid,) = [plate for plate in plates(sample_report().evidence) if plate.figure.name == "Figure 5"]
    assert [(panel.quantity.split(" (")[0].split()[-1], panel.facet) for panel in grid.panels] == [
        *(("vocabulary", facet) for facet in ("whole model", "W_V of a middle layer", "W_V of a deep layer")),
        *(("token-overlap", facet) for facet in ("whole model", "W_V of a middle layer", "W_V of a deep layer")),
        ("ocs-bounded", "whole model"),
    ]
    assert [one.learner for one in grid.panels[0].series] == ["icl", "zero-shot", "gd"]


def test_every_figure_has_claims_whose_place_in_the_paper_it_is() -> None:
    item, drawn = sample_report().evidence[0], dict[str, list[str]]()
    for path in sorted((Path(__file__).resolve().parents[2] / "claims" / "shen").glob("test_*.py")):
        stated = map(claim_of, vars(import_module(f"claims.shen.{path.stem}")).values())
        for claim in {one.id: one for one in stated if one is not None}.values():
            drawn.setdefault(replace(item, where=claim.place.where).figure, []).append(claim.id)
    of_none = drawn.pop("")
    assert drawn.keys() == {figure.name for figure in FIGURES}
    assert drawn["Figure 5"] == ["S2", "S2a"]
    assert of_none == ["S1t", "S2b"]  # a theorem; a figure and a table


def test_a_claim_of_another_paper_is_no_figure_of_this_one() -> None:
    items = [item for item in sample_report().evidence if item.id == "S1"]
    renamed = [type(item)(**{**vars(item), "paper": "Other, arXiv 2212.07677"}) for item in items]
    assert plates(renamed) == []
