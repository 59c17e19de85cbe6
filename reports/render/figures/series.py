"""From the curves of several sub-claims to panels: what belongs together is drawn together, and once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from iclgd_core.evidence.curves import Curve, Point

from .style import REFERENCES, style_of

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class DrawnSeries:
    """One learner in one panel.

    Attributes:
        learner, label, source: as in Curve.
        points: those with an x, in ascending x.
        flat: the one that holds at every x, or None.
    """

    learner: str
    label: str
    source: str
    points: tuple[Point, ...]
    flat: Point | None = None

    @property
    def every(self) -> tuple[Point, ...]:
        """All points, the flat one first."""
        return (*(() if self.flat is None else (self.flat,)), *self.points)


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes:
        quantity: the y axis; x_label: the x axis; facet: the column, may be empty.
        x_log: whether the x axis is to be logarithmic.
        series: references first.
    """

    quantity: str
    x_label: str
    facet: str
    x_log: bool
    series: tuple[DrawnSeries, ...]

    @property
    def has_learner(self) -> bool:
        """Whether a learner was measured: a line, or a level of its own beside floor and ceiling."""
        return any(one.points or one.learner not in REFERENCES for one in self.series if not one.source)

    @property
    def title(self) -> str:
        """The facet and the number of units, where there are any."""
        return ", ".join(part for part in (self.facet, self.units) if part)

    @property
    def units(self) -> str:
        """Number of units behind the measured points, for example `n = 96` or `n = 24 to 96`, in one piece."""
        numbers = {p.n for one in self.series if not one.source for p in one.every if p.n is not None}
        return _range(sorted(numbers))


def _range(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    text = f"n = {numbers[0]}" if len(numbers) == 1 else f"n = {numbers[0]} to {numbers[-1]}"
    return text.replace(" ", NO_BREAK)


def panels_of(sub_claims: Iterable[Sequence[Curve]]) -> list[Panel]:
    """Return the panels for the curves of each sub-claim, in order of first appearance.

    Curves of one quantity and facet share a panel. Equal curves are drawn once; curves of one learner, label and
    source at different x become one. Where they differ at the same x (a floor measured on other episodes, say) the
    sub-claim gets a panel of its own, so that each learner stands beside the references it was measured with. A panel
    without any learner is none: see `left_out`.
    """
    return [panel for panel in _all_panels(sub_claims) if panel.has_learner]


def left_out(sub_claims: Iterable[Sequence[Curve]]) -> list[str]:
    """Return in words which panels are not drawn, and why: they would show axes and references alone."""
    bare = [panel for panel in _all_panels(sub_claims) if not panel.has_learner]
    names = dict.fromkeys(", ".join(filter(None, [panel.quantity, panel.facet])) for panel in bare)
    return [f"{name}: not drawn, since no learner was measured beside floor and ceiling" for name in names]


def _all_panels(sub_claims: Iterable[Sequence[Curve]]) -> list[Panel]:
    found: dict[tuple[str, str, str, bool], list[dict[tuple[str, str, str], DrawnSeries]]] = {}
    for curves in sub_claims:
        groups: dict[tuple[str, str, str, bool], list[DrawnSeries]] = {}
        for curve in curves:
            key = (curve.quantity, curve.x_label, curve.facet, curve.x_log)
            groups.setdefault(key, []).extend(_series(curve))
        for key, fresh in groups.items():
            _place(found.setdefault(key, []), fresh)
    return [
        Panel(quantity, x_label, facet, x_log, tuple(sorted(panel.values(), key=_order)))
        for (quantity, x_label, facet, x_log), panels in found.items()
        for panel in panels
    ]


def _order(one: DrawnSeries) -> tuple[bool, int]:
    return bool(one.source), style_of(one.learner).rank


def _series(curve: Curve) -> list[DrawnSeries]:
    """Return a curve as one series, and each further flat point as one of its own; none without points."""
    points = tuple(sorted((p for p in curve.points if p.x is not None), key=lambda p: p.x or 0.0))
    flats = [p for p in curve.points if p.x is None]
    first = DrawnSeries(curve.learner, curve.label, curve.source, points, flats[0] if flats else None)
    return [first, *(replace(first, points=(), flat=flat) for flat in flats[1:])] if curve.points else []


def _place(panels: list[dict[tuple[str, str, str], DrawnSeries]], fresh: Sequence[DrawnSeries]) -> None:
    """Put the series of one sub-claim into the first panel that none of them contradicts."""
    for panel in [*panels, {}]:
        after = dict(panel)
        if all(_add(after, one) for one in fresh):
            if panel:
                panel.update(after)
            elif after:
                panels.append(after)
            return
    for one in fresh:  # a sub-claim that contradicts itself: a panel for each of its curves
        panels.append({(one.learner, one.label, one.source): one})


def _add(panel: dict[tuple[str, str, str], DrawnSeries], fresh: DrawnSeries) -> bool:
    """Add or merge one series; False where it contradicts what is there."""
    key = (fresh.learner, fresh.label, fresh.source)
    have = panel.get(key)
    if have is None:
        panel[key] = fresh
        return True
    known = {p.x: p for p in have.points}
    if any(known.get(p.x, p) != p for p in fresh.points):
        return False
    if None not in (have.flat, fresh.flat) and have.flat != fresh.flat:
        return False
    points = {**known, **{p.x: p for p in fresh.points}}
    ordered = tuple(points[x] for x in sorted(points, key=lambda x: x or 0.0))
    panel[key] = replace(have, points=ordered, flat=have.flat or fresh.flat)
    return True
