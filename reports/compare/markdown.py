"""A comparison as Markdown: by itself, or as a section of a report."""

from collections.abc import Sequence

from ..render.markdown_text import LIMIT, TextPart, escape, fit, table
from .comparison import Change, Comparison, Difference
from .words import arrow, difference, name, not_run

COLUMNS = ("sub-claim", "change", "verdict, A to B", "effect, A to B", "difference (95%)", "why")


def render_comparison_markdown(comparison: Comparison, limit: int = LIMIT) -> str:
    """Return the whole document, in at most `limit` bytes."""
    return fit(comparison_lines(comparison, "# iclgd: two reports compared"), limit)


def comparison_lines(comparison: Comparison, heading: str) -> tuple[TextPart, ...]:
    """Return the comparison as parts of a document: what is worse first; unchanged and unasked rows are counted."""
    head = [heading, "", f"**{escape(comparison.sentence)}**", ""]
    head += [f"- A: {escape(comparison.before)}", f"- B: {escape(comparison.after)}", ""]
    problems = [f"- {escape(problem)}" for problem in filter(None, (*comparison.problems, not_run(comparison)))]
    headers = [
        (escape(header.name), escape(header.before or "none"), escape(header.after or "none"))
        for header in comparison.headers
    ]
    parts = [TextPart((*head, *problems, "") if problems else tuple(head))]
    shown = [claim for change in Change for claim in comparison.claims if claim.change is change and _is_shown(claim)]
    if shown:
        parts.append(_table(COLUMNS, [_cells(claim) for claim in shown], "changes"))
    if headers:
        parts.append(_table(("the runs differ in", "A", "B"), headers, "differences of the runs"))
    return tuple(parts)


def _is_shown(claim: Difference) -> bool:
    return claim.moved is True if claim.change is Change.SAME else claim.change is not Change.NOT_RUN


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], what: str) -> TextPart:
    lines = table(columns, rows)
    return TextPart(tuple(lines[:2]), (*lines[2:], ""), what)


def _cells(claim: Difference) -> tuple[str, ...]:
    word = claim.change.value
    change = f"**{word}**" if claim.change in (Change.WORSE, Change.NOT_COMPARABLE) else word
    verdicts, effects = arrow(claim)
    return (
        escape(name(claim)), change, escape(verdicts), escape(effects), escape(difference(claim)), escape(claim.reason)
    )  # fmt: skip
