"""The report in short, for a pull-request comment or a CI job: one verdict a claim, and what is not as it should be.

However large the run, it fits `LIMIT`; `claims.md` and the page have every sub-claim.
"""

from collections.abc import Sequence

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.model_kinds import is_control
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..document.report import Report
from .headline import many
from .markdown import baseline_parts, headline, run_lines
from .markdown_text import TextPart, escape, fit, size_of
from .markdown_verdicts import verdict_lines
from .reasons import by_kind, ids

LIMIT = 60_000
"""Bytes: GitHub takes a comment of 65,536 characters, GitLab and others no fewer."""

MOST_NAMED = 4
HEADING = "## iclgd: claims"
REST = "Every sub-claim, with its numbers, is in claims.md, index.html and claims.json of the report."


def render_summary(report: Report, limit: int = LIMIT) -> str:
    """Return the summary in at most `limit` bytes of UTF-8.

    It says how the run ended, gives one verdict a claim, and tells what is not as expected, what is worse than in the
    baseline and why verdicts are inconclusive. Where all of that is too much, each of these keeps
    a share of the room, so that none is lost, and says what it left out.
    """
    status = report.run.get("exit_status")
    ended = f" Exit status {status}." if isinstance(status, int) else ""
    head = [TextPart((HEADING, "", f"**{escape(headline(report))}{ended}**", "", *run_lines(report.run), REST, ""))]
    sections = (
        (0.4, [TextPart((), tuple(verdict_lines(report.evidence)), "lines of verdicts")]),
        (0.25, _listed("### Not as expected", _not_as_expected(report.evidence), "claims on a model")),
        (0.25, baseline_parts(report.run.get("baseline"))),
        (0.1, _listed("### Inconclusive, controls without ICL excepted", _inconclusive(report.evidence), "reasons")),
    )
    whole = [*head, *(part for _, parts in sections for part in parts)]
    if size_of(whole) <= limit:
        return fit(whole, limit)
    text = fit(head, limit)
    left = limit - len(text.encode())
    return text + "".join(fit(parts, int(share * left)) for share, parts in sections if parts)


def _listed(heading: str, lines: Sequence[str], what: str) -> list[TextPart]:
    return [TextPart((heading, ""), (*(f"- {line}" for line in lines), ""), what)] if lines else []


def _not_as_expected(evidence: Sequence[Evidence]) -> list[str]:
    """Return a line for the sub-claims of a claim on one model that have one verdict and another expected one."""
    groups: dict[tuple[object, ...], list[Evidence]] = {}
    for item in evidence:
        if item.verdict is not item.expected:
            groups.setdefault((item.family, item.verdict, item.expected), []).append(item)
    return [_group(items) for items in groups.values()]


def _group(items: Sequence[Evidence]) -> str:
    first = items[0]
    cases = [", ".join(f"{name}={value}" for name, value in sorted(item.params.items())) for item in items]
    more = [f"{len(cases) - MOST_NAMED} more"] if len(cases) > MOST_NAMED else []
    named = f" ({escape('; '.join([*cases[:MOST_NAMED], *more]))})" if any(cases) else ""
    on = f" on {escape(subject(first))}" if subject(first) else ""
    reasons = {item.reason for item in items}
    why = f": {escape(first.reason)}" if first.reason and len(reasons) == 1 else ""
    verdict = (first.verdict or Verdict.ERROR).value
    return f"**{verdict}**, expected {first.expected.value}: {escape(first.id)}{named}{on}{why}"


def _inconclusive(evidence: Sequence[Evidence]) -> list[str]:
    """Return a line for each kind of reason of what is not settled, the most frequent one first."""
    open_ones = [item for item in evidence if item.verdict is Verdict.INCONCLUSIVE and not is_control(item.model)]
    return [
        f"{many(len(kind.items), 'sub-claim')} of {escape(ids(kind.items))}: {escape(kind.name)}"
        for kind in by_kind(open_ones)
    ]
