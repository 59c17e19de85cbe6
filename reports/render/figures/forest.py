"""The effects of one claim, one line a sub-claim: estimate and interval against the bound, and where the claim lies.

Effects of one quantity share an axis; each other quantity has its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from .likeness import alike
from .marks import CAP, marker
from .scale import Scale, compact, linear_ticks, log_ticks, span, tick_labels
from .svg import drawing, element, joined, lines

WIDTH = 360.0
LEFT, RIGHT = 8.0, 352.0
ROW = 36.0
TOP = 6.0
LOG_FROM = 1e3
"""Positive effects that differ by this factor stand on a logarithmic axis."""

SYMBOLS = {
    Verdict.SUPPORTED: "✓",
    Verdict.REFUTED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "!",
    Verdict.NOT_RUN: "–",
}
SHAPES = {Verdict.SUPPORTED: "circle", Verdict.REFUTED: "diamond"}


@dataclass(frozen=True)
class _Row:
    name: str
    outcome: Outcome
    verdict: Verdict

    @property
    def value(self) -> str:
        out = self.outcome
        if out.estimate is None:
            return "undefined"
        ends = "" if out.shown_interval is None else " [{}, {}]".format(*map(compact, out.shown_interval))
        return compact(out.estimate) + ends

    @property
    def numbers(self) -> list[float]:
        """All values that the axis must hold, both bounds of an equivalence included."""
        out = self.outcome
        bounds = [out.threshold, -out.threshold] if _kind(out) == "equivalent" else [out.threshold]
        known = [] if out.estimate is None else [out.estimate]
        return [*known, *filter(math.isfinite, out.shown_interval or ()), *bounds]


def draw_forest(evidence: Sequence[Evidence]) -> Markup:
    """Return the forest of the sub-claims that have an outcome: one axis for each quantity; empty where none has."""
    parts: list[Markup] = []
    rows: list[_Row] = []
    height = 0.0
    for quantity, items in alike(evidence):
        group = [_Row(_name(item), item.outcome, item.verdict or Verdict.ERROR) for item in items if item.outcome]
        drawn, height = _grouped(group, quantity, height)
        parts += drawn
        rows += group
    if not rows:
        return Markup("")
    title = f"Effects of claim {evidence[0].id} on {evidence[0].model}"
    description = "; ".join(f"{row.name}: {row.value}, bound {compact(row.outcome.threshold)}" for row in rows)
    return drawing(WIDTH, height, title, description, joined(parts))


def _grouped(rows: Sequence[_Row], quantity: str, top: float) -> tuple[list[Markup], float]:
    """Return the rows of one quantity with their axis, from `top` on, and where they end."""
    values = [v for row in rows for v in row.numbers]
    log = min(values) > 0.0 and math.log10(max(values)) - math.log10(min(values)) > math.log10(LOG_FROM)
    zero = [] if log else [0.0]
    low, high = span([*values, *zero], 0.04, log)
    x = Scale(low, high, LEFT, RIGHT, log)
    first = top + TOP
    bottom = first + ROW * len(rows)
    foot = lines(quantity, 58, 3)
    parts = [
        *(_row(row, x, first + ROW * i) for i, row in enumerate(rows)),
        *_axis(x, bottom),
        *(
            element("text", line, x=WIDTH / 2, y=bottom + 34 + 14 * i, text_anchor="middle", class_="muted")
            for i, line in enumerate(foot)
        ),
    ]
    return parts, bottom + 38 + 14 * len(foot)


def _name(item: Evidence) -> str:
    return ", ".join(value for _, value in sorted(item.params.items())) or item.id


def _kind(outcome: Outcome) -> str:
    return outcome.kind.removeprefix("every ")


def _row(row: _Row, x: Scale, top: float) -> Markup:
    middle = top + 24.0
    value = row.value
    name = lines(f"{SYMBOLS[row.verdict]} {row.name}", max(8, 56 - len(value)), 1)[0]
    parts = [
        *claimed_part(row.outcome, x, middle),
        *([] if x.log else [element("path", d=f"M{x(0.0):.2f} {middle - 8:.2f}v16", class_="zero")]),
        element("text", name, x=LEFT, y=top + 12, class_="small strong"),
        element("text", value, x=RIGHT, y=top + 12, text_anchor="end", class_="small"),
    ]
    for bound in bounds_of(row.outcome):
        parts.append(element("path", d=f"M{x(bound):.2f} {middle - 8:.2f}v16", class_="bound"))
    if row.outcome.shown_interval is not None:
        parts.append(whisker(row.outcome.shown_interval, x, middle))
    if row.outcome.estimate is not None:
        shape = SHAPES.get(row.verdict, "circle")
        parts.append(marker(shape, x(row.outcome.estimate), middle, hollow=row.verdict not in SHAPES))
    tip = element("title", f"{row.name}: {row.verdict.value}, {value}, bound {compact(row.outcome.threshold)}")
    return element("g", tip, *parts, class_=f"v-{row.verdict.value.replace(' ', '-')}")


def whisker(interval: tuple[float, float], x: Scale, middle: float) -> Markup:
    """Return the interval that decides; an end that is infinite goes to the edge of the drawing, without a cap."""
    ends = [x(end) for end in interval if math.isfinite(end)]
    caps = "".join(f"M{end:.2f} {middle - CAP:.2f}v{2 * CAP:g}" for end in ends)
    low, high = (x(min(max(end, x.low), x.high)) for end in interval)
    return element("path", d=f"M{low:.2f} {middle:.2f}H{high:.2f}{caps}", class_="whisker")


def bounds_of(outcome: Outcome) -> tuple[float, ...]:
    """Return the bound that an effect is held against; both for an equivalence."""
    return (-outcome.threshold, outcome.threshold) if _kind(outcome) == "equivalent" else (outcome.threshold,)


def claimed_part(outcome: Outcome, x: Scale, middle: float) -> list[Markup]:
    """Return the side of the bound on which the claim lies, shaded; nothing for a rule of another kind."""
    ends = {
        "greater": (outcome.threshold, x.high),
        "above": (outcome.threshold, x.high),
        "below": (x.low, outcome.threshold),
        "equivalent": (-abs(outcome.threshold), abs(outcome.threshold)),
    }.get(_kind(outcome))
    if ends is None:
        return []
    low, high = x(ends[0]), x(ends[1])
    return [element("rect", x=low, y=middle - 8, width=max(0.0, high - low), height=16.0, class_="claimed")]


def _axis(x: Scale, bottom: float) -> list[Markup]:
    ticks = (log_ticks if x.log else linear_ticks)(x.low, x.high)
    parts = [element("path", d=f"M{LEFT:g} {bottom:.2f}H{RIGHT:g}", class_="frame")]
    for value, label in zip(ticks, tick_labels(ticks), strict=True):
        place = min(max(x(value), LEFT + 10), RIGHT - 10)
        parts.append(element("path", d=f"M{x(value):.2f} {bottom:.2f}v4", class_="frame"))
        parts.append(element("text", label, x=place, y=bottom + 17, text_anchor="middle", class_="muted small"))
    return parts
