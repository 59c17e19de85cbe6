"""The report as plain data: adjudicated evidence and a header in, one JSON object out."""

from collections import Counter
from collections.abc import Mapping, Sequence

from iclgd_core.evidence import Evidence, Json, Verdict

SCHEMA = "iclgd-claims/1"
OUTCOME_FIELDS = (
    *("estimate", "interval", "p_value", "p_refuted", "n", "unit"),
    *("threshold", "quantity", "rule", "method", "sd", "minimum_effect", "needed"),
)


def document(evidence: Sequence[Evidence], run: Mapping[str, Json], with_evidence: int) -> dict[str, Json]:
    """Return the report.

    Args:
        evidence: one piece for each claim test, adjudicated.
        run: the header.
        with_evidence: how many of the tests recorded evidence themselves.

    Returns:
        {"schema", "run", "claims", "summary"}, claims sorted by id, model, task and parameters.
    """
    ordered = sorted(evidence, key=lambda item: item.key)
    return {
        "schema": SCHEMA,
        "run": dict(run) | {"model_sha256": model_hashes(ordered)},
        "claims": [_claim(item) for item in ordered],
        "summary": summary(ordered, with_evidence),
    }


def summary(evidence: Sequence[Evidence], with_evidence: int) -> dict[str, Json]:
    """Return the counts: by verdict, as expected or not, collected, with evidence."""
    counts = Counter(item.verdict for item in evidence)
    met = sum(item.verdict == item.expected for item in evidence)
    return {
        **{verdict.value: counts[verdict] for verdict in Verdict},
        "as_expected": met,
        "not_as_expected": len(evidence) - met,
        "collected": len(evidence),
        "with_evidence": with_evidence,
    }


def model_hashes(evidence: Sequence[Evidence]) -> dict[str, Json]:
    """Return the hash of each model's weights, from the detail `model_sha256`: one, or several by name."""
    hashes: dict[str, Json] = {}
    for item in evidence:
        found = item.details.get("model_sha256")
        if isinstance(found, dict):
            hashes |= found
        elif found is not None:
            hashes[item.model] = found
    return hashes


def _claim(item: Evidence) -> dict[str, Json]:
    outcome = item.outcome
    found: dict[str, Json] = dict.fromkeys(OUTCOME_FIELDS)
    if outcome is not None:
        found = {
            "estimate": outcome.estimate,
            "interval": None if outcome.interval is None else list(outcome.interval),
            "p_value": outcome.p_supported,
            "p_refuted": outcome.p_refuted,
            "n": outcome.n,
            "unit": outcome.unit,
            "threshold": outcome.threshold,
            "quantity": outcome.quantity,
            "rule": outcome.rule,
            "method": outcome.method,
            "sd": outcome.sd,
            "minimum_effect": outcome.minimum_effect,
            "needed": outcome.needed,
        }
    return {
        "id": item.id,
        "params": dict(item.params),
        "paper": item.paper,
        "where": item.where,
        "statement": item.statement,
        "refuted_by": item.refuted_by,
        "model": item.model,
        "task": item.task,
        "verdict": None if item.verdict is None else item.verdict.value,
        "expected": item.expected.value,
        **found,
        "p_adjusted": item.p_adjusted,
        "p_refuted_adjusted": item.p_refuted_adjusted,
        "reason": item.reason,
        "seconds": item.seconds,
        "details": dict(item.details),
    }
