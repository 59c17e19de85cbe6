"""The adjudication as plain data, for claims.json; it follows from the closures in the claims' details."""

from collections.abc import Sequence

from iclgd_core.evidence.plain import Json
from iclgd_core.evidence.record import Evidence

from .sentence import sentence
from .table import AccountsPanel, TableCell, adjudication_of


def adjudication_document(evidence: Sequence[Evidence]) -> dict[str, Json]:
    """Return {"sentence", "tables", "no_icl", "not_measured"}."""
    found = adjudication_of(evidence)
    return {
        "sentence": sentence(found),
        "tables": [_table(panel) for panel in found.panels],
        "no_icl": [{"model": model, "task": task, "reason": why} for (model, task), why in found.no_icl.items()],
        "not_measured": list(found.left_out),
    }


def _table(panel: AccountsPanel) -> Json:
    return {
        "agreement": panel.agreement,
        "columns": [
            {"model": c.model, "task": c.task, "kind": c.kind.value, "agreement": c.agreement} for c in panel.columns
        ],
        "rows": [
            {"account": row.account, "label": row.label, "cells": [_cell(entry) for entry in row.entries]}
            for row in panel.rows
        ],
    }


def _cell(entry: TableCell) -> Json:
    return {
        "state": entry.state.value,
        "value": entry.value,
        "low": entry.low,
        "high": entry.high,
        "n": entry.n,
        "claim": entry.claim,
        "why": entry.why,
    }
