"""The protocol of a sub-claim: what was fixed before its numbers were seen, as plain data to be hashed."""

from collections.abc import Mapping

from iclgd_core.adjudication import ALPHA
from iclgd_core.evidence import Claim, Evidence, Json
from iclgd_core.stats.outcome import Outcome

PRECONDITION = (
    "accuracy with 8 demonstrations above zero-shot, one-sided tests (sign flips and bootstrap-t) at level 0.05"
)
CORRECTION = "Holm within claim, model and task; supporting and refuting tests apart"


def protocol(
    evidence: Evidence, claim: Claim, outcome: Outcome, tuning: Mapping[str, Json], tier: str
) -> dict[str, Json]:
    """Return rule, margin, minimum effect, level, correction, number of units, precondition, tuning split.

    Nothing that was measured is in it, so that two runs of the same suite have equal protocols whatever they find.
    The bound of a deterministic rule that each member has for itself comes from the model's shape and stays out.
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
        "precondition": PRECONDITION if claim.needs_icl else "none",
        "tier": tier,
        "tuning": dict(tuning),
    }
