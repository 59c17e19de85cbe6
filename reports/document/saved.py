"""A saved report: read from its directory or its claims.json, held to the schema, and to itself."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from iclgd_core.evidence.natural_order import by_claim
from iclgd_core.evidence.record import Evidence

from .json_report import FILE_NAME
from .report import SCHEMA, Report, ReportError, read_document, summary, upgraded
from .validation import CLAIMS, problem

ORDERS: tuple[Callable[[Evidence], Any], ...] = (by_claim, lambda item: item.key)
"""Orders of the claims: as reports have it, and as those of before natural sorting had it (V10 before V2)."""

ALLOWED = f"a directory with {FILE_NAME}, or such a file"


@dataclass(frozen=True)
class Saved:
    """A report that was read.

    Attributes:
        report: what it says.
        path: the file.
        sha256: hash of the file's bytes, in hexadecimal.
    """

    report: Report
    path: Path
    sha256: str


def read_saved(place: Path) -> Saved:
    """Read the report in a directory, or in a file.

    Raises:
        ReportError: nothing there, not JSON, another schema, or content that contradicts the schema or itself.
    """
    path = place / FILE_NAME if place.is_dir() else place
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReportError(
            f"{place} cannot be read as a report ({error.strerror}). Allowed: {ALLOWED}. `pytest claims` writes one."
        ) from error
    content = upgraded(_content(data, path))
    if content.get("schema") == SCHEMA:
        found = problem(content, CLAIMS)
        if found:
            raise ReportError(f"{path} does not fit its schema: {found}. Run the claims again.")
    try:
        report = read_document(content)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from error
    _agrees(content, report, path)
    return Saved(report, path, sha256(data).hexdigest())


def _content(data: bytes, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path} is not JSON: {error}. Allowed: {ALLOWED}.") from error
    if not isinstance(content, dict):
        raise ReportError(f"{path} holds a {type(content).__name__}, not a report. Allowed: {ALLOWED}.")
    return content


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _agrees(content: Mapping[str, Any], report: Report, path: Path) -> None:
    """Refuse a report that was changed by hand: counts, identities and rule hashes follow from the rest of it."""
    again = "The file was changed after the run. Run the claims again."
    if summary(report.evidence, report.with_evidence) != content["summary"]:
        raise ReportError(f"{path}: $.summary does not count its claims. {again}")
    seen: set[object] = set()
    for i, (item, row) in enumerate(zip(report.evidence, content["claims"], strict=True)):
        if item.rule_sha256 != row["rule_sha256"]:
            raise ReportError(f"{path}: $.claims[{i}].rule_sha256 is not the hash of its protocol. {again}")
        if item.key in seen:
            raise ReportError(f"{path}: $.claims[{i}] stands twice. {again}")
        seen.add(item.key)
    sorted_until = max(_in_order([order(item) for item in report.evidence]) for order in ORDERS)
    if sorted_until < len(report.evidence):
        raise ReportError(f"{path}: $.claims[{sorted_until}] is out of order. {again}")


def _in_order(keys: Sequence[Any]) -> int:
    """Return how many keys, from the first, are sorted."""
    return next((i for i in range(1, len(keys)) if keys[i - 1] > keys[i]), len(keys))
