"""The protocol of a sub-claim: what was fixed before its numbers were seen, as plain data to be hashed."""

from collections.abc import Mapping

from iclgd_core.evidence.claim import Claim
from iclgd_core.evidence.correction import ALPHA
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.study import Study
from iclgd_core.lab import SHOTS
from iclgd_core.lab.precondition import ICL_ALPHA
from iclgd_core.lab.tiers import Tier
from iclgd_core.stats.one_sided import TESTS

PRECONDITION = (
    f"accuracy with {SHOTS} demonstrations above zero-shot, and above repeating their most frequent label, {TESTS} "
    f"at level {ICL_ALPHA:g}"
)
CORRECTION = "Holm within claim, model and task; supporting and refuting tests apart"


def protocol(
    evidence: Evidence,
    claim: Claim,
    outcome: Outcome,
    study: Study,
    tier: Tier,
    task: Mapping[str, Json] | None = None,
    precondition: str = "",
    queries: int | None = None,
) -> dict[str, Json]:
    """Return rule, margin, minimum effect, level, correction, number of units, precondition, tuning split, and more.

    Nothing that was measured is in it, so that two runs of the same suite on one model have equal protocols whatever
    they find; a bound that follows from a model's shape is part of it.
    `precondition` and `queries` are those of language models and of the tier where none are given.
    """
    return {
        "claim": evidence.id,
        "params": dict(evidence.params),
        "quantity": outcome.quantity,
        "rule": outcome.rule,
        "kind": outcome.kind,
        "margin": outcome.margin,
        "minimum_effect": outcome.minimum_effect,
        "members": outcome.members,
        "units": outcome.n,
        "unit": outcome.unit,
        "alpha": ALPHA,
        "correction": CORRECTION,
        "family_size": evidence.family_size,
        "precondition": (precondition or PRECONDITION) if claim.needs_icl else "none",
        "tier": tier.name,
        "queries": tier.queries if queries is None else queries,
        "task": dict(task or {}),
        "tuning": dict(study.tuning),
        "fixed": dict(study.fixed),
    }
