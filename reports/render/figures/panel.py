"""One panel: axes, intervals, lines, markers, and names at the ends of the lines."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from .labels import push_apart
from .marks import drawn
from .scale import Scale, compact, linear_ticks, log_ticks, span, tick_labels
from .series import DrawnSeries, Panel
from .style import style_of
from .svg import drawing, element, joined, lines

Domain = tuple[float, float]

WIDTH = 360.0
LEFT, RIGHT = 46.0, 258.0
PLOT_HEIGHT = 170.0
LINE = 14.0
LABEL_LINE = 12.5
LABEL_GAP = 3.0
LABEL_X = RIGHT + 11.0
LABEL_CHARACTERS = 14
DODGE = 3.0
"""Distance between the whiskers of neighbouring series, so that none hides another."""

NEAREST_TICKS = 30.0

CITED = "published"
"""Marks a curve that was not measured in this run; its source stands below the axes."""


def draw_panel(panel: Panel, y_ends: Domain | None = None, x_ends: Domain | None = None) -> Markup:
    """Return the panel as SVG; with given ends of an axis where panels are to be compared."""
    paths = [one for one in panel.series if one.points]
    xs = [p.x for one in paths for p in one.points if p.x is not None]
    log = panel.x_log and bool(xs) and min(xs) > 0.0
    names = [_name(one) for one in panel.series]
    heights = [LABEL_LINE * len(name) + LABEL_GAP for name in names]
    head = lines(panel.facet, 50, 2) if panel.facet else []
    quantity = lines(", ".join(filter(None, [panel.quantity, panel.units])), 56, 3)
    top = LINE * (len(head) + len(quantity)) + 10.0
    bottom = top + max(PLOT_HEIGHT, sum(heights))
    margin = 10.0 + DODGE * len(paths) / 2
    x = Scale(*(x_ends or span(xs, 0.0, log)), LEFT + margin, RIGHT - margin, log)
    y = Scale(*(y_ends or y_domain([panel])), bottom, top)
    note = "linear axis: not every x is positive" if panel.x_log and xs and not log else ""
    foot = [*lines(panel.x_label, 40, 2), *([note] if note else [])]
    sources = list(dict.fromkeys(one.source for one in panel.series if one.source))
    cited = [line for source in sources for line in lines(f"{CITED}: {source}", 58, 4)]
    parts = [
        *(_text(2, 12 + LINE * i, line, "strong") for i, line in enumerate(head)),
        *(_text(2, 12 + LINE * (len(head) + i), line, "muted") for i, line in enumerate(quantity)),
        *_y_axis(y),
        element("rect", x=LEFT, y=top, width=RIGHT - LEFT, height=bottom - top, class_="frame"),
        *(_x_axis(x, sorted(set(xs)), bottom) if xs else []),
        *(_text((LEFT + RIGHT) / 2, bottom + 32 + LINE * i, line, "muted", "middle") for i, line in enumerate(foot)),
    ]
    under = bottom + 36 + LINE * len(foot)
    parts += [_text(2, under + 8 + LINE * i, line, "muted small") for i, line in enumerate(cited)]
    for one in panel.series:
        shift = DODGE * (paths.index(one) - (len(paths) - 1) / 2) if one.points else 0.0
        parts.append(element("g", *drawn(one, x, y, (LEFT, RIGHT), shift), class_=_look(one)))
    parts += _labels(panel.series, names, heights, x, y)
    height = under + (LINE * len(cited) + 4 if cited else 0.0)
    return drawing(WIDTH, height, _title(panel), describe(panel), joined(parts))


def y_domain(panels: Sequence[Panel]) -> Domain:
    """Return the ends of a y axis on which all these panels can be drawn, intervals included.

    Zero is an end where the values come near to it, so that small levels are not blown up.
    """
    every = [p for panel in panels for one in panel.series for p in one.every]
    values = [v for p in every for v in (p.y, p.low, p.high) if v is not None]
    low, high = span(values, 0.06)
    if values and 0.0 <= min(values) < 0.4 * max(values):
        low = 0.0
    return low, high


def describe(panel: Panel) -> str:
    """Say in words what the panel shows: each series with its first and last value."""
    parts = []
    for one in panel.series:
        first, last = one.every[0], one.every[-1]
        values = compact(first.y) if len(one.every) == 1 else f"{compact(first.y)} to {compact(last.y)}"
        parts.append(f"{one.label}: {values}" + (f" (from {one.source})" if one.source else ""))
    return f"{panel.quantity} against {panel.x_label}. " + "; ".join(parts)


def _title(panel: Panel) -> str:
    return f"{panel.quantity}, {panel.title}" if panel.title else panel.quantity


def _name(one: DrawnSeries) -> list[str]:
    label = lines(one.label or one.learner, LABEL_CHARACTERS, 3)
    return [*label, CITED] if one.source else label


def _look(one: DrawnSeries) -> str:
    return f"s-{style_of(one.learner).colour}" + (" cited" if one.source else "")


def _text(x: float, y: float, text: str, look: str, anchor: str | None = None) -> Markup:
    return element("text", text, x=x, y=y, class_=look, text_anchor=anchor)


def _y_axis(y: Scale) -> list[Markup]:
    parts, ticks = [], linear_ticks(y.low, y.high)
    for value, label in zip(ticks, tick_labels(ticks), strict=True):
        parts.append(element("path", d=f"M{LEFT:g} {y(value):.2f}H{RIGHT:g}", class_="gridline"))
        parts.append(_text(LEFT - 6, y(value) + 4, label, "muted small", "end"))
    return parts


def _x_axis(x: Scale, xs: Sequence[float], bottom: float) -> list[Markup]:
    """Return ticks at the measured x where they are few and apart, else at round values."""
    places = [x(value) for value in xs]
    apart = all(b - a >= NEAREST_TICKS for a, b in pairwise(places))
    ticks = list(xs) if apart else (log_ticks if x.log else linear_ticks)(x.low, x.high)
    parts = []
    for value, label in zip(ticks, tick_labels(ticks, rounded=apart), strict=True):
        parts.append(element("path", d=f"M{x(value):.2f} {bottom:.2f}v4", class_="frame"))
        parts.append(_text(x(value), bottom + 16, label, "muted small", "middle"))
    return parts


def _labels(
    series: Sequence[DrawnSeries], names: Sequence[Sequence[str]], heights: Sequence[float], x: Scale, y: Scale
) -> list[Markup]:
    ends = [one.points[-1].y if one.points else one.every[0].y for one in series]
    starts = [x(one.points[-1].x or 0.0) if one.points else RIGHT for one in series]
    parts = []
    for one, name, height, end, start, middle in zip(
        series, names, heights, ends, starts, push_apart([y(end) for end in ends], heights, y.end, y.start), strict=True
    ):
        first = middle - height / 2 + LABEL_GAP / 2 + 10
        inner = [
            element(
                "path", d=f"M{max(start + 6, RIGHT):.2f} {y(end):.2f}L{LABEL_X - 2:.2f} {middle:.2f}", class_="leader"
            ),
            *(_text(LABEL_X, first + LABEL_LINE * i, line, "label small") for i, line in enumerate(name)),
        ]
        parts.append(element("g", *inner, class_=_look(one)))
    return parts
