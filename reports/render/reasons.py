"""Reasons of verdicts, put together by kind: for many sub-claims one line."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iclgd_core.evidence.in_words import label, subject
from iclgd_core.evidence.natural_order import by_claim
from iclgd_core.evidence.record import Evidence

SETTLED_BY = re.compile(r"about (\d+) .* would settle it")
"""What adjudication writes where more units would do, with the number of them."""

ENDS = re.compile(r"[:(,]")
"""What follows one of these is about one sub-claim; what stands before it is the kind of a reason."""


@dataclass(frozen=True)
class ReasonKind:
    """Sub-claims with reasons of one kind.

    Attributes:
        name: the kind in words; a whole reason where all have the same.
        items: the sub-claims, in the order of `by_claim`.
    """

    name: str
    items: tuple[Evidence, ...]


def kind_of_reason(item: Evidence) -> str:
    """Return the kind of a reason: `too few episodes`, or what it says before it comes to numbers."""
    if item.outcome is not None and SETTLED_BY.search(item.reason):
        return f"too few {item.outcome.unit}s"
    return ENDS.split(item.reason, maxsplit=1)[0].strip()


def units_to_settle(item: Evidence) -> int | None:
    """Return how many units would settle a sub-claim; None where another reason stands."""
    found = SETTLED_BY.search(item.reason)
    return int(found[1]) if found and item.outcome is not None else None


def by_kind(items: Iterable[Evidence]) -> list[ReasonKind]:
    """Return the kinds of reasons of some sub-claims, the most frequent one first."""
    kinds: dict[str, list[Evidence]] = {}
    for item in sorted(items, key=by_claim):
        kinds.setdefault(kind_of_reason(item), []).append(item)
    found = [ReasonKind(_whole(name, group), tuple(group)) for name, group in kinds.items()]
    return sorted(found, key=lambda kind: -len(kind.items))


def who(items: Sequence[Evidence]) -> str:
    """Name one sub-claim, or the claims of several with their number: `S1, S2 (3 sub-claims) on ginc-llama-794k`."""
    if len(items) == 1:
        return f"{label(items[0])}{f' on {subject(items[0])}' if subject(items[0]) else ''}"
    models = dict.fromkeys(item.model for item in items if item.model)
    on = f" on {', '.join(models)}" if len(models) == 1 else f" on {len(models)} models" if models else ""
    return f"{ids(items)} ({len(items)} sub-claims){on}"


def ids(items: Sequence[Evidence]) -> str:
    """Return the claims of some sub-claims, each once."""
    return ", ".join(dict.fromkeys(item.id for item in items))


def _whole(name: str, items: Sequence[Evidence]) -> str:
    reasons = {item.reason for item in items}
    return name if len(reasons) > 1 or units_to_settle(items[0]) is not None else reasons.pop()
