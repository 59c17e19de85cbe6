"""The report as plain data: evidence with verdicts and a header in, one JSON object out, and back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from iclgd_core.errors import IclgdError
from iclgd_core.evidence.curves import Curve
from iclgd_core.evidence.natural_order import by_claim
from iclgd_core.evidence.outcome import Outcome
from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

from ..accounts.document import adjudication_document
from .verdicts import verdicts_document

SCHEMA = "iclgd-claims/3"
BEFORE = "iclgd-claims/2"
ADDED = {"brief": "", "combines": "all"}
"""Fields of a claim that reports of the schema before lack, with what stands for them."""

RENAMED = {"p_value": "p_supported"}
"""Names in the document that an outcome's field has, where they differ."""

OUTCOME_FIELDS = (
    *("estimate", "interval", "p_value", "p_refuted", "n", "unit", "threshold", "quantity", "rule", "method"),
    *("holds", "undefined", "sd", "minimum_effect", "distance", "needed", "kind", "margin", "members"),
)
LATER_FIELDS = ("deciding_interval", "deciding_level", "planned")
"""Those of an outcome that a report of before them lacks."""
EVIDENCE_FIELDS = (
    *("id", "params", "paper", "where", "statement", "refuted_by", "model", "task", "verdict", "expected"),
    *("p_adjusted", "p_refuted_adjusted", "p_run", "p_refuted_run", "verdict_run", "reason", "seconds"),
    *("family_size", "node_id", "text", "brief", "combines", "protocol", "details", "curves"),
)


class ReportError(IclgdError):
    """A saved report that cannot be read, or cannot be used for what was asked."""


@dataclass(frozen=True)
class Report:
    """All that a renderer needs.

    Attributes:
        evidence: one piece for each claim test, with its verdict, in the order of `by_claim`.
        run: the header.
        with_evidence: how many of the tests recorded evidence themselves.
    """

    evidence: tuple[Evidence, ...]
    run: Mapping[str, Json]
    with_evidence: int


def report_of(evidence: Sequence[Evidence], run: Mapping[str, Json], with_evidence: int) -> Report:
    """Return the report of a run; the header gets hashes and number formats of the models, and first tokens."""
    ordered = tuple(sorted(evidence, key=by_claim))
    found: dict[str, Json] = {"model_sha256": model_hashes(ordered)}
    for name, value in (("computed", computed(ordered)), ("prompts", first_tokens(ordered))):
        found |= {name: value} if value else {}
    return Report(ordered, dict(run) | found, with_evidence)


def document(report: Report) -> dict[str, Json]:
    """Return {"schema", "run", "verdicts", "adjudication", "claims", "summary"}, claims in the order of `by_claim`.

    Verdicts and adjudication follow from the claims: they are written for readers, and not read back.
    """
    return {
        "schema": SCHEMA,
        "run": dict(report.run),
        "verdicts": verdicts_document(report.evidence),
        "adjudication": adjudication_document(report.evidence),
        "claims": [_claim(item) for item in report.evidence],
        "summary": summary(report.evidence, report.with_evidence),
    }


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """Return a document of the schema before as one of this schema; any other as it is."""
    rows = content.get("claims")
    if content.get("schema") != BEFORE or not isinstance(rows, list):
        return content
    return content | {"schema": SCHEMA, "claims": [ADDED | row if isinstance(row, dict) else row for row in rows]}


def read_document(content: Mapping[str, Any]) -> Report:
    """Return the report that `document` wrote.

    Raises:
        ReportError: another schema, or missing or wrong fields.
    """
    schema = content.get("schema")
    if schema != SCHEMA:
        raise ReportError(f"the report has schema {schema!r}; this version reads {SCHEMA!r}. Run the claims again.")
    try:
        evidence = tuple(_evidence(dict(row)) for row in content["claims"])
        return Report(evidence, dict(content["run"]), int(content["summary"]["with_evidence"]))
    except (KeyError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ReportError(f"the report cannot be read ({why}). Run the claims again.") from error


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


def computed(evidence: Sequence[Evidence]) -> dict[str, Json]:
    """Return how each model was computed (number format, attention, size), from the detail `computed`."""
    out: dict[str, Json] = {}
    for item in evidence:
        found = item.details.get("computed")
        out |= found if isinstance(found, dict) else {}
    return out


def first_tokens(evidence: Sequence[Evidence]) -> dict[str, Json]:
    """Return how a prompt of each model and task begins, from the detail `prompt`: `[1] <s> [25392] ▁Sentence`."""
    out: dict[str, Json] = {}
    for item in evidence:
        found = item.details.get("prompt")
        shown = found.get("first") if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(shown, list):
            tokens = " ".join(f"[{one['id']}] {one['token']}" for one in shown if isinstance(one, dict))
            more = [f"{name}: {value}" for name, value in found.items() if isinstance(value, str)]
            out[", ".join(part for part in (item.model, item.task) if part)] = "; ".join([tokens, *more])
    return out


def _claim(item: Evidence) -> dict[str, Json]:
    whole: dict[str, Any] = {name: _lists(value) for name, value in asdict(item).items()}
    outcome = whole.pop("outcome")
    names = (*OUTCOME_FIELDS, *LATER_FIELDS)
    found: dict[str, Json] = dict.fromkeys(names)
    if isinstance(outcome, dict):
        found = {name: outcome[RENAMED.get(name, name)] for name in names}
    return (
        {name: whole[name] for name in EVIDENCE_FIELDS}
        | found
        | {"rule_sha256": item.rule_sha256, "has_outcome": item.outcome is not None}
    )


def _lists(value: Any) -> Any:
    """Return a value as JSON has it, with lists for tuples."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _evidence(row: dict[str, Any]) -> Evidence:
    outcome = None
    if row["has_outcome"]:
        known = {RENAMED.get(name, name): row[name] for name in OUTCOME_FIELDS}
        outcome = Outcome.from_record(known | {name: row.get(name) for name in LATER_FIELDS})
    fields = {name: row[name] for name in EVIDENCE_FIELDS}
    verdicts = {
        name: None if row[name] is None else Verdict(row[name]) for name in ("verdict", "expected", "verdict_run")
    }
    curves = tuple(Curve.from_record(curve) for curve in row["curves"])
    return Evidence(**(fields | verdicts | {"curves": curves, "outcome": outcome}))
