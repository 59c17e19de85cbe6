"""One section a claim: statement, rules, and for each model and task verdicts, effects, plots and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from iclgd_core.account import subject
from iclgd_core.evidence import Evidence, Verdict
from reports.figures import Panel, draw_forest, draw_gap_map, draw_panel, gap_map_of, panels_of
from reports.html.answer import is_control, is_known
from reports.html.protocol import Rule, command, listed, rule_of, shared_protocol
from reports.html.words import bound, p_value, sub_claim, with_interval
from reports.natural_order import natural
from reports.papers import deviation, paper_link, paper_rank, paper_value


@dataclass(frozen=True)
class Line:
    """One sub-claim in the table of verdicts; or all, where they share one reason.

    Attributes:
        pieces: its name, in pieces between which a line may break.
        verdict, expected, verdict_run: as in Evidence.
        effect, bound, p, p_run, n, closure: as text, empty where there is none.
        quantity: of the effect.
        cited: what the paper reports for it, empty where nothing is known.
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


@dataclass(frozen=True)
class Chart:
    """A panel with the numbers behind it."""

    panel: Panel
    image: Markup


@dataclass(frozen=True)
class Part:
    """One claim on one model and task.

    Attributes:
        subject: model and task; control: whether the weights learnt nothing; known: whether ICL is known to be GD.
        lines: the verdicts; forest: their effects as an image; charts: the curves; maps: closures over GD's settings.
        reasons: (sub-claims, verdict, reason), each reason once.
        has_closure, has_numbers, has_cited: whether any line has one, an effect, or a number of the paper.
        n, unexpected: number of sub-claims, and of those whose verdict is not the registered one.
    """

    subject: str
    control: bool
    known: bool
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


@dataclass(frozen=True)
class Section:
    """One claim.

    Attributes:
        id, statement, paper, where, refuted_by: as in Evidence; link: to the paper, or empty.
        rules, methods: of its outcomes, each once; texts: what its file says.
        deviations: why the setting differs from the paper's, each once.
        parts: by model and task.
        command: runs the whole file.
        shared: the part of the protocol that all sub-claims have; fixed: the rest, by sub-claim.
    """

    id: str
    statement: str
    paper: str
    link: str
    where: str
    refuted_by: str
    rules: tuple[str, ...]
    methods: tuple[str, ...]
    parts: tuple[Part, ...]
    command: str
    shared: str
    fixed: tuple[Rule, ...]
    texts: tuple[str, ...]
    deviations: tuple[str, ...]


def sections(evidence: Sequence[Evidence], options: Sequence[str] = ()) -> list[Section]:
    """Return the sections by paper and claim; within each, trained models come before controls.

    Args:
        evidence: adjudicated.
        options: of the run, for the commands that reproduce it.
    """
    first: dict[str, tuple[int, str]] = {}
    for item in evidence:
        first[item.id] = min(first.get(item.id, paper_rank(item.paper)), paper_rank(item.paper))

    def rank(item: Evidence) -> tuple[object, ...]:
        kind = (is_control(item), is_known(item))
        return (*first[item.id], natural(item.id), *kind, item.family, natural(sub_claim(item)))

    ordered = sorted(evidence, key=rank)
    return [_section(list(group), options) for _, group in groupby(ordered, lambda item: item.id)]


def _section(items: Sequence[Evidence], options: Sequence[str]) -> Section:
    first = items[0]
    outcomes = [item.outcome for item in items if item.outcome is not None]
    files = dict.fromkeys(item.node_id.split("::")[0] for item in items if item.node_id)
    shared = shared_protocol(items)
    return Section(
        id=first.id,
        statement=first.statement,
        paper=first.paper,
        link=paper_link(first.paper),
        where=first.where,
        refuted_by=first.refuted_by,
        rules=tuple(dict.fromkeys(outcome.rule for outcome in outcomes if outcome.rule)),
        methods=tuple(dict.fromkeys(outcome.method for outcome in outcomes if outcome.method)),
        parts=tuple(_part(list(group)) for _, group in groupby(items, lambda item: item.family)),
        command=command(files, options),
        shared=listed(shared),
        fixed=tuple(rule_of(item, shared, options) for item in items),
        texts=tuple(dict.fromkeys(item.text for item in items if item.text)),
        deviations=tuple(dict.fromkeys(filter(None, map(deviation, items)))),
    )


def _part(items: Sequence[Evidence]) -> Part:
    panels = panels_of([item.curves for item in items])
    lines = tuple(_line(group) for group in _alike(items))
    return Part(
        subject=subject(items[0]),
        control=is_control(items[0]),
        known=is_known(items[0]),
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
