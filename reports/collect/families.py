"""Families of sub-claims of which a report has only a part: what `-k`, `-m`, a path or a node id leaves of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from iclgd_core.evidence.in_words import subject
from iclgd_core.evidence.record import Evidence

MOST_NAMED = 2


@dataclass(frozen=True)
class FamilyPart:
    """A family with fewer members than the correction for multiplicity counts.

    Attributes:
        id: the claim; subject: model and task; members: how many are in the report; size: how many there are.
    """

    id: str
    subject: str
    members: int
    size: int

    def __str__(self) -> str:
        """Return for example `2 of 3 sub-claims of S1 on ginc-llama-794k, ginc-k5`."""
        on = f" on {self.subject}" if self.subject else ""
        return f"{self.members} of {self.size} sub-claims of {self.id}{on}"


def partial_families(evidence: Sequence[Evidence]) -> list[FamilyPart]:
    """Return the families (claim, model, task) that are there in part, in the order of the evidence.

    Tests that a run never reached have no model: as many of a claim's members as those are lost, and were selected.
    """
    families: dict[tuple[str, str, str], list[Evidence]] = {}
    for item in evidence:
        families.setdefault(item.family, []).append(item)
    unplaced = {id: len(items) for (id, model, _), items in families.items() if not model}
    found = []
    for (id, model, _), items in families.items():
        size = max(item.family_size for item in items)
        lost = unplaced.get(id, 0) if model else 0
        if len(items) + lost < size:
            found.append(FamilyPart(id, subject(items[0]), len(items), size))
    return found


def selection(evidence: Sequence[Evidence]) -> str:
    """Return `a selection: ...`, which names the first partial families; empty if every family is whole."""
    parts = partial_families(evidence)
    if not parts:
        return ""
    more = f" and of {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return f"a selection: {' and '.join(map(str, parts[:MOST_NAMED]))}{more}"
