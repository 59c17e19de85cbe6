"""The journal of a run: evidence on disk the moment it arrives, so that even a killed controller loses none.

While a run goes on, `evidence.jsonl` in the report's directory gets one line for each thing the report will be made
of: the header, the claims that were collected, each report that carries evidence. When the report is written the
journal is removed; one that is still there belongs to a run that was killed, and `iclgd report --recover` makes its
report. A run that finds such a journal moves it aside, to `evidence.jsonl.old`, in place of an older one.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.plain import Json
from iclgd_core.safety.redaction import redact, redact_json

from ..document.report import ReportError
from .collector import ClaimTest, Collector, TestReport

FILE_NAME = "evidence.jsonl"
OLD_NAME = f"{FILE_NAME}.old"
SCHEMA = "iclgd-journal/1"


class Journal:
    """An open journal; every line is on disk when the call returns."""

    def __init__(self, directory: Path, run: Mapping[str, Json]) -> None:
        """Begin a journal; an earlier one is moved aside. OSError if the directory cannot be written."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        if self.path.exists():
            os.replace(self.path, directory / OLD_NAME)
        self._file: TextIO = self.path.open("w", encoding="ascii")
        self._expected: set[str] = set()
        self._write({"schema": SCHEMA, "run": dict(run)})

    def expect(self, node_ids: Iterable[str]) -> None:
        """Note the claim tests that were collected; known ones add no line."""
        new = [node_id for node_id in dict.fromkeys(node_ids) if node_id not in self._expected]
        if new:
            self._expected.update(new)
            self._write({"expected": list(new)})

    def add(self, report: TestReport) -> None:
        """Note one report, if it tells anything that the collector would want to know."""
        carried = [[name, value] for name, value in report.user_properties if name in (CLAIM, EVIDENCE)]
        if carried or report.failed:
            properties: list[Json] = [[str(name), str(value)] for name, value in carried]
            self._write({
                "nodeid": report.nodeid,
                "when": report.when,
                "failed": report.failed,
                "longreprtext": redact(report.longreprtext)[:1000] if report.failed else "",
                "user_properties": properties,
            })  # fmt: skip

    def close(self, keep: bool) -> None:
        """End the journal; remove it unless it is to be kept."""
        self._file.close()
        if not keep:
            self.path.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, Json]) -> None:
        self._file.write(json.dumps(redact_json(line), allow_nan=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@dataclass(frozen=True)
class JournalLine:
    """A report as the journal keeps it."""

    nodeid: str
    when: str | None
    failed: bool
    longreprtext: str
    user_properties: list[tuple[str, object]] = field(default_factory=list)


def recover(directory: Path) -> tuple[list[ClaimTest], dict[str, Json]]:
    """Return the rows and the header of the run that left a journal in `directory`.

    The last line may be cut where the run was killed while writing; it is left out.

    Raises:
        ReportError: no journal, or none that this version wrote.
    """
    path, old = directory / FILE_NAME, directory / OLD_NAME
    if old.exists() and not path.exists():
        raise ReportError(
            f"{path} is not there, but {OLD_NAME} is: the journal of a killed run, moved aside by a later run, whose "
            f"report is here. Copy it to another directory as {FILE_NAME} and give that directory."
        )
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeError) as error:
        raise ReportError(
            f"{path} cannot be read ({error}). A journal is there only after a run that was killed."
        ) from error
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(dict(json.loads(line)))
        except (TypeError, ValueError) as error:
            if number == len(lines):
                break
            raise ReportError(f"{path}, line {number}: {error}. The journal is damaged.") from error
    if not records or records[0].get("schema") != SCHEMA:
        raise ReportError(f"{path} is no journal of schema {SCHEMA!r}. Run the claims again.")
    collector = Collector()
    try:
        for record in records[1:]:
            if "expected" in record:
                collector.expect(record["expected"])
            else:
                properties = [(str(name), value) for name, value in record.pop("user_properties")]
                collector.add(JournalLine(**record, user_properties=properties))
        return collector.rows(), dict(records[0]["run"])
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{path} has lines of another form ({error}). The journal is damaged.") from error
