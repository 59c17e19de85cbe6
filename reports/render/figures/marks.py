"""Markers and intervals of a series."""

from markupsafe import Markup

from iclgd_core.evidence.curves import Point

from .scale import Scale
from .series import DrawnSeries
from .style import style_of
from .svg import coordinate, element

SIZE = 3.5
CAP = 3.0
WHISKERS_UP_TO = 12
"""With more points whiskers run together, and a band shows the intervals."""


def marker(shape: str, x: float, y: float, hollow: bool = False, **attributes: str) -> Markup:
    """Return a marker centred at (x, y)."""
    look = {"class_": "hollow" if hollow else "mark", **attributes}
    r = SIZE
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=r, **look)
    corners = {
        "square": ((-r, -r), (r, -r), (r, r), (-r, r)),
        "diamond": ((0, -1.4 * r), (1.4 * r, 0), (0, 1.4 * r), (-1.4 * r, 0)),
        "triangle": ((0, -1.3 * r), (1.3 * r, r), (-1.3 * r, r)),
    }.get(shape)
    if corners is None:
        d = f"M{_at(x - r, y - r)}L{_at(x + r, y + r)}M{_at(x - r, y + r)}L{_at(x + r, y - r)}"
        return element("path", d=d, **look)
    return element("path", d="M" + "L".join(_at(x + dx, y + dy) for dx, dy in corners) + "Z", **look)


def _at(x: float, y: float) -> str:
    return f"{coordinate(x)} {coordinate(y)}"


def drawn(one: DrawnSeries, x: Scale, y: Scale, edges: tuple[float, float], shift: float) -> list[Markup]:
    """Return the marks of one series: bands and whiskers below, then the line, then the markers.

    A flat point goes from edge to edge; the others are moved sideways by `shift`.
    """
    style, dash = style_of(one.learner), None
    if one.source or style.dash:
        dash = "3 4" if one.source else style.dash
    parts: list[Markup] = []
    if one.flat is not None:
        parts += _flat(one.flat, edges, y, dash)
    at = [(x(p.x or 0.0) + shift, p) for p in one.points]
    if len(at) > WHISKERS_UP_TO:
        parts += _band(at, y)
    else:
        parts += [part for place, p in at for part in _whisker(place, p, y)]
    if len(at) > 1:
        d = "M" + "L".join(_at(place, y(p.y)) for place, p in at)
        parts.append(element("path", d=d, class_="curve", stroke_dasharray=dash))
    parts += [marker(style.marker, place, y(p.y), hollow=bool(one.source)) for place, p in at]
    return parts


def _flat(point: Point, edges: tuple[float, float], y: Scale, dash: str | None) -> list[Markup]:
    parts, (left, right) = [], edges
    if point.low is not None and point.high is not None:
        top, bottom = sorted((y(point.high), y(point.low)))
        parts.append(element("rect", x=left, y=top, width=right - left, height=bottom - top, class_="band"))
    d = f"M{_at(left, y(point.y))}L{_at(right, y(point.y))}"
    return [*parts, element("path", d=d, class_="curve", stroke_dasharray=dash)]


def _band(at: list[tuple[float, Point]], y: Scale) -> list[Markup]:
    ends = [(place, p.low, p.high) for place, p in at if p.low is not None and p.high is not None]
    if not ends:
        return []
    there = [_at(place, y(high)) for place, _, high in ends]
    back = [_at(place, y(low)) for place, low, _ in reversed(ends)]
    return [element("path", d="M" + "L".join([*there, *back]) + "Z", class_="band")]


def _whisker(place: float, point: Point, y: Scale) -> list[Markup]:
    if point.low is None or point.high is None:
        return []
    low, high = y(point.low), y(point.high)
    caps = "".join(f"M{_at(place - CAP, end)}L{_at(place + CAP, end)}" for end in (low, high))
    return [element("path", d=f"M{_at(place, low)}L{_at(place, high)}{caps}", class_="whisker")]
