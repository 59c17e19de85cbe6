"""Sections of a page of documentation, from a report: the answer, the accounts of ICL, each paper's claims."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.overall import ClaimVerdict, FamilyVerdict, claim_verdicts
from iclgd_core.evidence.papers import by_paper
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..accounts.markdown import HEADING, adjudication_lines
from ..collect.header import resolved_names
from ..document.report import Report, ReportError
from .headline import headline
from .markdown_text import escape, table
from .papers import deviation, paper_link, paper_value

COLUMNS = ("id", "claim", "verdict", "on", "sub-claims", "ours", "paper's")
ORDER = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_RUN)
MOST_NAMED = 4
MOST_MODELS = 2


def answer_markdown(report: Report) -> str:
    """Return the answer in a few sentences, a line each."""
    return "\n".join(f"- {escape(sentence)}" for sentence in headline(report.evidence))


def claims_markdown(report: Report) -> str:
    """Return one table a paper, a row a claim, in the order of `reports.render.papers`.

    Below each table stand where ICL is known to be GD, the controls, and why settings differ from the paper's.
    """
    claims = sorted(claim_verdicts(report.evidence), key=lambda claim: by_paper(claim.paper, claim.id))
    parts = [_run_line(report)]
    for paper, group in groupby(claims, lambda claim: claim.paper):
        found = list(group)
        link = paper_link(paper)
        name = f"[{escape(paper)}]({link})" if link else escape(paper or "no paper")
        rows = [_row(claim) for claim in found]
        notes = [*_known(found), *_controls(found), *_deviations(found)]
        parts += [f"**{name}**", "\n".join(table(COLUMNS, rows)), *notes]
    return "\n\n".join(parts)


def accounts_markdown(report: Report) -> str:
    """Return the opening table of the adjudication with its sentence, without its heading."""
    return "\n".join(line for line in adjudication_lines(report.evidence)[0] if line != HEADING).strip()


SECTIONS: Mapping[str, Callable[[Report], str]] = {
    "answer": answer_markdown,
    "accounts": accounts_markdown,
    "claims": claims_markdown,
}
"""What stands between the lines `<!-- iclgd:NAME -->` and `<!-- /iclgd:NAME -->` of a page, by NAME."""


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
    for name in ("models", "tasks"):
        known += [f"{name} {escape(', '.join(given))}"] if (given := resolved_names(run, name)) else []
    counts = f"{len(report.evidence)} claim tests"
    made = f"Made by `iclgd report --readme` from a run of {', '.join([counts, *known])}"
    return f"{made}; intervals are those that decide, at their corrected level."


def _row(claim: ClaimVerdict) -> tuple[str, ...]:
    items = [item for family in claim.families for item in family.members]
    return (
        escape(claim.id),
        escape(claim.brief or claim.statement),
        claim.verdict.value,
        _on(claim.families),
        _verdicts(items),
        _ours(items),
        _cited(items),
    )


def _on(families: Sequence[FamilyVerdict]) -> str:
    """Name the models, or count them with the verdicts there."""
    names = [subject(family.members[0]) for family in families]
    if len(names) <= MOST_MODELS:
        return escape("; ".join(names))
    if len({family.verdict for family in families}) == 1:
        return f"{len(names)} models or sets of models"
    return "; ".join(f"{escape(name)}: {family.verdict}" for name, family in zip(names, families, strict=True))


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


def _known(claims: Sequence[ClaimVerdict]) -> list[str]:
    """Say what became of claims where ICL is known to be GD, or near it, beside models under test."""
    parts = []
    for claim in claims:
        for verdict in dict.fromkeys(family.verdict for family in claim.known):
            names = [family.model for family in claim.known if family.verdict is verdict]
            parts.append(f"{claim.id} {verdict} on {', '.join(names)}")
    return [f"Where ICL is GD, or near it: {escape('; '.join(parts))}."] if parts else []


def _controls(claims: Sequence[ClaimVerdict]) -> list[str]:
    items = [item for claim in claims for family in claim.controls for item in family.members]
    if not items:
        return []
    held = dict.fromkeys(f"{item.id} on {item.model}" for item in items if item.verdict is Verdict.SUPPORTED)
    names = list(dict.fromkeys(item.model for item in items))
    models = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    supported = f"supported: {'; '.join(held)}" if held else "none is supported"
    n = len(items)
    return [f"Controls without ICL ({escape(models)}): of {n} sub-claim{'' if n == 1 else 's'} {escape(supported)}."]


def _deviations(claims: Sequence[ClaimVerdict]) -> list[str]:
    """Say once why settings differ from the paper's, with the claims that it holds for."""
    by_text: dict[str, dict[str, None]] = {}
    for claim in claims:
        for family in (*claim.families, *claim.known):
            for text in filter(None, map(deviation, family.members)):
                by_text.setdefault(text, {})[claim.id] = None
    parts = [f"{', '.join(ids)}: {text}" for text, ids in by_text.items()]
    return [f"Settings that differ: {escape('; '.join(parts))}."] if parts else []
