"""One verdict a claim as plain data, for claims.json; it follows from the sub-claims, and is not read back."""

from collections.abc import Sequence

from iclgd_core.evidence.combination import combination
from iclgd_core.evidence.overall import ClaimVerdict, FamilyVerdict, Overall, claim_verdicts
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict


def verdicts_document(evidence: Sequence[Evidence]) -> list[Json]:
    """Return one object a claim: its verdict over the models under test, then its verdict on each model."""
    return [_claim(claim) for claim in claim_verdicts(evidence)]


def _claim(claim: ClaimVerdict) -> Json:
    groups = (("under test", claim.families), ("ICL is GD", claim.known), ("control", claim.controls))
    return {
        "id": claim.id,
        "brief": claim.brief,
        "statement": claim.statement,
        "paper": claim.paper,
        "combines": claim.combines,
        "combination": combination(claim.combines).in_words(),
        "verdict": claim.verdict.value,
        "models": {verdict.value: claim.models.get(verdict, 0) for verdict in Overall},
        "weakest": _weakest(claim.weakest),
        "by_model": [_family(family, group) for group, families in groups for family in families],
    }


def _family(family: FamilyVerdict, group: str) -> Json:
    return {
        "model": family.model,
        "task": family.task,
        "group": group,
        "verdict": family.verdict.value,
        "sub_claims": {verdict.value: family.counts.get(verdict, 0) for verdict in Verdict},
        "without_training": family.untrained,
        "missing": family.missing,
        "reason": family.reason,
        "weakest": _weakest(family.weakest),
    }


def _weakest(item: Evidence | None) -> Json:
    if item is None or item.outcome is None:
        return None
    return {"model": item.model, "task": item.task, "params": dict(item.params), "estimate": item.outcome.estimate}
