"""The ledger: what gave no verdict from numbers, and why, each reason once."""

from collections.abc import Sequence
from dataclasses import dataclass

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from .words import sub_claim

MOST_NAMED = 12


@dataclass(frozen=True)
class Unjudged:
    """What did not run, or could not be judged, for one reason.

    Attributes:
        verdict: as recorded; reason: why.
        claims: ids; subjects: models and tasks; n: number of sub-claims; named: the sub-claims, if they are few.
    """

    verdict: Verdict
    reason: str
    claims: tuple[str, ...]
    subjects: tuple[str, ...]
    n: int
    named: tuple[str, ...]


def ledger(evidence: Sequence[Evidence]) -> list[Unjudged]:
    """Return the entries: errors first, then what did not run, then what could not be judged on its numbers."""
    groups: dict[tuple[Verdict, str], list[Evidence]] = {}
    for item in evidence:
        if _is_owed(item):
            groups.setdefault((item.verdict or Verdict.ERROR, item.reason), []).append(item)
    order = (Verdict.ERROR, Verdict.NOT_RUN, *Verdict)
    entries = [
        Unjudged(
            verdict=verdict,
            reason=reason or "no reason was recorded",
            claims=tuple(dict.fromkeys(item.id for item in items)),
            subjects=tuple(dict.fromkeys(subject(item) for item in items if subject(item))),
            n=len(items),
            named=tuple(f"{item.id} {sub_claim(item)}" for item in items) if len(items) <= MOST_NAMED else (),
        )
        for (verdict, reason), items in groups.items()
    ]
    return sorted(entries, key=lambda entry: order.index(entry.verdict))


def _is_owed(item: Evidence) -> bool:
    """Whether a verdict from numbers is missing; inconclusive numbers are a result, and stand in their section."""
    return (
        item.outcome is None or bool(item.outcome.undefined) or item.verdict in (None, Verdict.ERROR, Verdict.NOT_RUN)
    )
