"""One claim on one model and task: verdicts, effects, plots and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.natural_order import natural
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..figures import Panel, draw_forest, draw_gap_map, draw_panel, gap_map_of, panels_of
from ..papers import paper_value
from .protocol import episodes_command
from .words import UNTRAINED, bound, p_value, sub_claim, with_interval


@dataclass(frozen=True)
class Line:
    """One sub-claim in the table of verdicts; or all, where they share one reason.

    Attributes:
        pieces: its name, in pieces between which a line may break.
        verdict, expected, verdict_run: as in Evidence.
        effect, bound, p, p_run, n, closure: as text, empty where there is none.
        quantity: of the effect.
        cited: what the paper reports for it, empty where nothing is known.
        remark: what must be known to read the effect; empty where nothing is.
        episodes: the command that shows the episodes behind it; empty where it has none.
    """

    pieces: tuple[str, ...]
    verdict: Verdict
    expected: Verdict
    verdict_run: Verdict | None
    effect: str = ""
    bound: str = ""
    p: str = ""
    p_run: str = ""
    n: str = ""
    closure: str = ""
    quantity: str = ""
    cited: str = ""
    remark: str = ""
    episodes: str = ""


@dataclass(frozen=True)
class Chart:
    """A panel with the numbers behind it."""

    panel: Panel
    image: Markup


@dataclass(frozen=True)
class Part:
    """One claim on one model and task.

    Attributes:
        subject: model and task.
        lines: the verdicts; forest: their effects as an image; charts: the curves; maps: closures over GD's settings.
        reasons: (sub-claims, verdict, reason), each reason once.
        has_closure, has_numbers, has_cited: whether any line has one, an effect, or a number of the paper.
        n, unexpected: number of sub-claims, and of those whose verdict is not the registered one.
    """

    subject: str
    lines: tuple[Line, ...]
    forest: Markup
    charts: tuple[Chart, ...]
    maps: tuple[Markup, ...]
    reasons: tuple[tuple[str, str, str], ...]
    has_closure: bool
    has_numbers: bool
    has_cited: bool
    n: int
    unexpected: int


def part_of(members: Sequence[Evidence]) -> Part:
    """Return a family as it is shown, its sub-claims in natural order."""
    items = sorted(members, key=lambda item: natural(sub_claim(item)))
    panels = panels_of([item.curves for item in items])
    lines = tuple(_line(group) for group in _alike(items))
    return Part(
        subject=subject(items[0]),
        lines=lines,
        forest=draw_forest(items),
        charts=tuple(Chart(panel, draw_panel(panel)) for panel in panels),
        maps=tuple(image for item in items if (gap := gap_map_of(item.details)) for image in draw_gap_map(gap)),
        reasons=_reasons(items),
        has_closure=any(line.closure for line in lines),
        has_numbers=any(line.n for line in lines),
        has_cited=any(line.cited for line in lines),
        n=len(items),
        unexpected=sum(item.verdict is not item.expected for item in items),
    )


def _alike(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return one group for all sub-claims that lack numbers for one reason, else one for each."""
    kinds = {(item.verdict, item.reason, item.expected) for item in items}
    if len(items) > 1 and len(kinds) == 1 and all(item.outcome is None for item in items):
        return [list(items)]
    return [[item] for item in items]


def _line(items: Sequence[Evidence]) -> Line:
    item, pieces = items[0], _pieces(items)
    verdict, outcome = item.verdict or Verdict.ERROR, item.outcome
    if outcome is None:
        return Line(pieces, verdict, item.expected, None)
    refuted = verdict is Verdict.REFUTED
    refuted_run = item.verdict_run is Verdict.REFUTED
    return Line(
        pieces=pieces,
        verdict=verdict,
        expected=item.expected,
        verdict_run=item.verdict_run,
        effect=with_interval(outcome.estimate, outcome.shown_interval),
        bound=bound(outcome),
        p=p_value(item.p_refuted_adjusted if refuted else item.p_adjusted) or "none",
        p_run=p_value(item.p_refuted_run if refuted_run else item.p_run) or "none",
        n=f"{outcome.n} {outcome.unit}s",
        closure=_closure(item),
        quantity=outcome.quantity,
        cited=paper_value(item),
        remark=UNTRAINED if item.untrained else "",
        episodes=episodes_command(item) if outcome.unit == "episode" else "",
    )


def _pieces(items: Sequence[Evidence]) -> tuple[str, ...]:
    if len(items) > 1:
        return (f"all {len(items)} sub-claims",)
    pairs = sorted(items[0].params.items())
    commas = [","] * (len(pairs) - 1) + [""]
    return tuple(f"{name}={value}{comma}" for (name, value), comma in zip(pairs, commas, strict=False)) or ("–",)


def _closure(item: Evidence) -> str:
    """Return the closure with its interval, or why it is undefined."""
    value, interval = item.details.get("closure"), item.details.get("closure_interval")
    if isinstance(value, int | float) and not isinstance(value, bool):
        ends = [e for e in interval if isinstance(e, int | float)] if isinstance(interval, list) else []
        return with_interval(float(value), (float(ends[0]), float(ends[1])) if len(ends) == 2 else None)
    why = item.details.get("closure_undefined")
    return f"undefined: {why}" if isinstance(why, str) and why else ""


def _reasons(items: Sequence[Evidence]) -> tuple[tuple[str, str, str], ...]:
    groups: dict[tuple[Verdict, str], list[Evidence]] = {}
    for item in items:
        if item.reason:
            groups.setdefault((item.verdict or Verdict.ERROR, item.reason), []).append(item)
    return tuple(
        (sub_claim(group[0]) if len(group) == 1 else f"{len(group)} sub-claims", verdict.value, reason)
        for (verdict, reason), group in groups.items()
    )
