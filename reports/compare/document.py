"""A comparison as plain data, and back; the schema is `reports/document/schema/compare.schema.json`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.verdict import Verdict

from .comparison import Change, Comparison, Difference, HeaderDifference, Side

SCHEMA = "iclgd-compare/1"


def comparison_document(comparison: Comparison) -> dict[str, Json]:
    """Return {"schema", "status", "exit_status", "sentence", "before", ..., "claims", "summary"}."""
    return {
        "schema": SCHEMA,
        "status": comparison.status.words,
        "exit_status": int(comparison.status),
        "sentence": comparison.sentence,
        "before": comparison.before,
        "after": comparison.after,
        "problems": list(comparison.problems),
        "headers": [asdict(header) for header in comparison.headers],
        "claims": [_claim(claim) for claim in comparison.claims],
        "summary": {**{change.value: n for change, n in comparison.count().items()}, "moved": comparison.moved},
    }


def read_comparison(content: Mapping[str, Any]) -> Comparison:
    """Return the comparison that `comparison_document` wrote; the content was held to the schema before."""
    return Comparison(
        before=content["before"],
        after=content["after"],
        problems=tuple(content["problems"]),
        headers=tuple(HeaderDifference(**header) for header in content["headers"]),
        claims=tuple(_difference(claim) for claim in content["claims"]),
    )


def _claim(claim: Difference) -> dict[str, Json]:
    fields: dict[str, Any] = asdict(claim)
    for side in (fields, fields["before"], fields["after"]):
        if side is not None and side["interval"] is not None:
            side["interval"] = list(side["interval"])
    return fields


def _difference(record: Mapping[str, Any]) -> Difference:
    fields = dict(record) | {"change": Change(record["change"]), "interval": _interval(record["interval"])}
    return Difference(**(fields | {name: _side(record[name]) for name in ("before", "after")}))


def _side(record: Mapping[str, Any] | None) -> Side | None:
    if record is None:
        return None
    verdict, expected = Verdict(record["verdict"]), Verdict(record["expected"])
    return Side(verdict, expected, record["estimate"], _interval(record["interval"]))


def _interval(bounds: Any) -> tuple[float, float] | None:
    return None if bounds is None else (bounds[0], bounds[1])
