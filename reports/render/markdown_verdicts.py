"""What a Markdown report opens with: the answer in at most three sentences, then one verdict a claim."""

from collections.abc import Sequence

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.overall import ClaimVerdict, Overall, claim_verdicts
from iclgd_core.evidence.papers import by_paper
from iclgd_core.evidence.record import Evidence

from .headline import headline, many
from .markdown_text import escape, table

COLUMNS = ("claim", "in brief", "verdict", "on", "effect of the weakest sub-claim", "bound")


def verdict_lines(evidence: Sequence[Evidence]) -> list[str]:
    """Return the lines: the sentences, and a table of the claims by paper."""
    claims = sorted(claim_verdicts(evidence), key=lambda claim: by_paper(claim.paper, claim.id))
    said = [line for sentence in headline(evidence) for line in (escape(sentence), "")]
    rows = [_row(claim) for claim in claims]
    return [*said, *(["## One verdict a claim", "", *table(COLUMNS, rows), ""] if rows else [])]


def _row(claim: ClaimVerdict) -> tuple[str, ...]:
    outcome = None if claim.weakest is None else claim.weakest.outcome
    numbers = ("", "") if outcome is None else (effect(outcome), short(outcome.threshold))
    verdict = claim.verdict.value if claim.as_expected else f"**{claim.verdict.value}**, not all as registered"
    return escape(claim.id), escape(claim.brief), verdict, escape(_on(claim)), *numbers


def _on(claim: ClaimVerdict) -> str:
    """Say on which model, or on how many with which verdict."""
    if len(claim.families) == 1:
        return subject(claim.families[0].members[0])
    if claim.verdict is not Overall.MIXED:
        return many(len(claim.families), "model")
    counts = ", ".join(f"{n} {verdict.value}" for verdict, n in claim.models.items())
    return f"{many(len(claim.families), 'model')}: {counts}"


def effect(outcome: Outcome) -> str:
    """Return an estimate with the interval that decides, its brackets escaped."""
    ends = outcome.shown_interval
    return short(outcome.estimate) + ("" if ends is None else " \\[{}, {}\\]".format(*map(short, ends)))


def short(value: float | None) -> str:
    """Return a number with three significant digits; `undefined` for None."""
    return "undefined" if value is None else f"{value:.3g}".replace("inf", "∞")
