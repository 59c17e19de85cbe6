"""Tables for a README, from a report: the accounts of ICL, and each paper's claims with the verdicts found."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from iclgd_core.account import subject
from iclgd_core.evidence import Evidence, Verdict
from iclgd_core.model_kinds import is_control, is_known_gd
from reports.adjudication.markdown import HEADING, adjudication_lines
from reports.document import Report, ReportError
from reports.markdown_text import escape, table
from reports.natural_order import by_claim
from reports.papers import deviation, paper_link, paper_rank, paper_value

COLUMNS = ("claim", "statement", "on", "verdicts", "ours", "paper's", "deviation")
ORDER = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_RUN)
MOST_NAMED = 6


def claims_markdown(report: Report) -> str:
    """Return one table a paper, in the order of `reports.papers`; controls without ICL are counted below each."""
    ordered = sorted(report.evidence, key=lambda item: (paper_rank(item.paper), by_claim(item)))
    parts = [_run_line(report)]
    for paper, group in groupby(ordered, lambda item: item.paper):
        items = list(group)
        tested = [item for item in items if not is_control(item.model)]
        families = [list(members) for _, members in groupby(tested, lambda item: item.family)]
        rows = [_row(members, i == 0 or families[i - 1][0].id != members[0].id) for i, members in enumerate(families)]
        link = paper_link(paper)
        name = f"[{escape(paper)}]({link})" if link else escape(paper or "no paper")
        parts += [f"**{name}**", "\n".join(table(COLUMNS, rows)), *_controls(items)]
    return "\n\n".join(parts)


def accounts_markdown(report: Report) -> str:
    """Return the opening table of the adjudication with its sentence, without its heading."""
    return "\n".join(line for line in adjudication_lines(report.evidence)[0] if line != HEADING).strip()


SECTIONS: Mapping[str, Callable[[Report], str]] = {"accounts": accounts_markdown, "claims": claims_markdown}
"""What stands between the lines `<!-- iclgd:NAME -->` and `<!-- /iclgd:NAME -->` of a README, by NAME."""


def filled(text: str, report: Report) -> str:
    """Return a README with its marked sections made from a report; all else stays as it is.

    Raises:
        ReportError: no section is marked, or one is not closed.
    """
    found = 0
    for name, render in SECTIONS.items():
        start, end = f"<!-- iclgd:{name} -->", f"<!-- /iclgd:{name} -->"
        if (text.count(start), text.count(end)) not in ((0, 0), (1, 1)) or text.find(start) > text.find(end):
            raise ReportError(
                f"the README opens or closes its section {name!r} other than once. Allowed: {start} ... {end}."
            )
        if start in text:
            before, _, rest = text.partition(start)
            text = f"{before}{start}\n{render(report)}\n{end}{rest.partition(end)[2]}"
            found += 1
    if not found:
        names = ", ".join(SECTIONS)
        raise ReportError(
            f"the README marks no section. Allowed: <!-- iclgd:NAME --> ... <!-- /iclgd:NAME -->, NAME one of: {names}."
        )
    return text


def _run_line(report: Report) -> str:
    run = report.run
    known = [f"{name} {escape(str(run[name]))}" for name in ("tier", "seed", "device") if run.get(name) is not None]
    counts = f"{len(report.evidence)} claim tests"
    return f"Made by `iclgd report --readme` from a run of {', '.join([counts, *known])}; effects have 95% intervals."


def _row(items: Sequence[Evidence], first: bool) -> tuple[str, ...]:
    control = " (control: ICL is GD here, or near it)" if is_known_gd(items[0].model) else ""
    deviations = dict.fromkeys(filter(None, map(deviation, items)))
    return (
        escape(items[0].id),
        escape(items[0].statement) if first else "",
        f"{escape(subject(items[0]))}{control}",
        _verdicts(items),
        _ours(items),
        _cited(items),
        "; ".join(map(escape, deviations)),
    )


def _verdicts(items: Sequence[Evidence]) -> str:
    """Count the verdicts, the most frequent first; name the sub-claims of the others."""
    groups = {verdict: [item for item in items if item.verdict is verdict] for verdict in ORDER}
    ranked = sorted((verdict for verdict in ORDER if groups[verdict]), key=lambda verdict: -len(groups[verdict]))
    parts = []
    for i, verdict in enumerate(ranked):
        n = len(groups[verdict])
        count = f" ({n} of {len(items)})" if len(ranked) > 1 else f" ({n})" if n > 1 else ""
        names = [_name(item) for item in groups[verdict]]
        more = f" and {n - MOST_NAMED} more" if n > MOST_NAMED else ""
        named = f": {escape(', '.join(names[:MOST_NAMED]))}{more}" if i else ""
        odd = sum(item.verdict is not item.expected for item in groups[verdict])
        unlike = f" ({odd} not as registered)" if odd else ""
        parts.append(f"{verdict.value}{count}{named}{unlike}")
    return "; ".join(parts)


def _ours(items: Sequence[Evidence]) -> str:
    """Return the effect with its interval, or of several the least and the largest."""
    known = [item.outcome for item in items if item.outcome is not None and item.outcome.estimate is not None]
    if not known:
        return escape(next((item.reason for item in items if item.reason), ""))
    low, high = (f(known, key=lambda outcome: outcome.estimate or 0.0) for f in (min, max))
    if len(known) == 1 and low.shown_interval is not None:
        return f"{low.estimate:.3g} " + "\\[{:.3g}, {:.3g}\\]".format(*low.shown_interval)
    return f"{low.estimate:.3g}" + ("" if low.estimate == high.estimate else f" to {high.estimate:.3g}")


def _cited(items: Sequence[Evidence]) -> str:
    values = {_name(item): paper_value(item) for item in items if paper_value(item)}
    if len(set(values.values())) == 1:
        return escape(next(iter(values.values())))
    return "; ".join(f"{escape(name)}: {escape(value)}" for name, value in list(values.items())[:MOST_NAMED])


def _name(item: Evidence) -> str:
    return "/".join(value for _, value in sorted(item.params.items())) or item.id


def _controls(items: Sequence[Evidence]) -> list[str]:
    controls = [item for item in items if is_control(item.model)]
    if not controls:
        return []
    held = dict.fromkeys(f"{item.id} on {item.model}" for item in controls if item.verdict is Verdict.SUPPORTED)
    models = ", ".join(dict.fromkeys(item.model for item in controls))
    supported = f"supported: {'; '.join(held)}" if held else "none is supported"
    n = len(controls)
    return [f"Controls without ICL ({escape(models)}): of {n} sub-claim{'' if n == 1 else 's'} {escape(supported)}."]
