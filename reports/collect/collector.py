"""Evidence from test reports: one row for each claim test that was collected, whatever became of the test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from iclgd_core.errors import WireError
from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict

PHASES = ("setup", "call", "teardown")

ENDED = "the run ended, or its worker died, before this test"
AFTER_A_CRASH = "It was killed, or ran out of memory: fewer workers (-n) need less of it"

Key = tuple[str, str, str, tuple[tuple[str, str], ...]]


class TestReport(Protocol):
    """What the collector reads of a test report."""

    @property
    def nodeid(self) -> str:
        """Which test."""

    @property
    def when(self) -> str | None:
        """Phase; xdist reports a test that killed its worker with "???"."""

    @property
    def failed(self) -> bool:
        """Whether the phase failed."""

    @property
    def longreprtext(self) -> str:
        """Why, as text."""

    @property
    def user_properties(self) -> list[tuple[str, object]]:
        """What the test sent along."""


@dataclass(frozen=True)
class ClaimTest:
    """One claim test.

    Attributes:
        node_id: the test.
        evidence: what it found; made up by the collector if nothing arrived.
        recorded: whether evidence arrived.
        failed: whether pytest counts the test as failed already.
    """

    node_id: str
    evidence: Evidence
    recorded: bool
    failed: bool


class Collector:
    """Merges reports; the same report twice changes nothing, a later phase replaces an earlier one."""

    def __init__(self) -> None:
        self._expected: dict[str, None] = {}
        self._reported: set[str] = set()
        self._failed: set[str] = set()
        self._crashed: dict[str, str] = {}
        self._blank: dict[str, Evidence] = {}
        self._found: dict[Key, dict[str, Evidence]] = {}
        self._keys: dict[str, Key] = {}

    def expect(self, node_ids: Iterable[str]) -> None:
        """Note the claim tests that were collected; workers name the same ones again and again."""
        self._expected.update(dict.fromkeys(node_ids))

    def add(self, report: TestReport) -> None:
        """Take in one report of one phase."""
        node_id = report.nodeid
        self._reported.add(node_id)
        if report.failed:
            self._failed.add(node_id)
        if report.when not in PHASES:
            self._crashed[node_id] = report.longreprtext.split(" while running")[0]
        for name, value in report.user_properties:
            if name == CLAIM:
                self._blank[node_id] = _read(value, node_id)
            elif name == EVIDENCE:
                evidence = _read(value, node_id)
                self._forget(node_id)
                self._found.setdefault(evidence.key, {})[node_id] = evidence
                self._keys[node_id] = evidence.key

    def _forget(self, node_id: str) -> None:
        """Drop what a test sent before: run again, it may be known by its model, after an error that had none."""
        if node_id in self._keys:
            before = self._found[self._keys[node_id]]
            del before[node_id]
            if not before:
                del self._found[self._keys[node_id]]

    def rows(self) -> list[ClaimTest]:
        """Return one row for each claim test, those without evidence included."""
        recorded = {node_id for found in self._found.values() for node_id in found}
        rows = {key: self._row(found) for key, found in self._found.items()}
        for node_id in self._without(recorded):
            row = ClaimTest(node_id, self._missing(node_id), recorded=False, failed=node_id in self._failed)
            key = row.evidence.key
            rows[key] = _joined(rows[key], row) if key in rows else row
        return list(rows.values())

    def _row(self, found: dict[str, Evidence]) -> ClaimTest:
        node_ids = sorted(found)
        evidence = found[node_ids[0]]
        if len(node_ids) > 1:
            evidence = _of_several(evidence, ", ".join(node_ids))
        return ClaimTest(node_ids[0], evidence, recorded=True, failed=any(n in self._failed for n in node_ids))

    def _without(self, recorded: set[str]) -> Sequence[str]:
        """Claim tests without evidence: those that sent their claim, and those that never came so far."""
        lost = [one for one in self._expected if one not in self._reported or one in self._crashed]
        return sorted({*self._blank, *lost} - recorded)

    def _missing(self, node_id: str) -> Evidence:
        blank = self._blank.get(node_id) or self._named_after_a_sibling(node_id)
        if node_id in self._crashed:
            reason = f"recorded no evidence: {self._crashed[node_id]}. {AFTER_A_CRASH}"
            return replace(blank, verdict=Verdict.ERROR, reason=reason)
        if node_id in self._reported:
            return replace(blank, verdict=Verdict.ERROR, reason="recorded no evidence")
        return replace(blank, verdict=Verdict.NOT_RUN, reason=ENDED)

    def _named_after_a_sibling(self, node_id: str) -> Evidence:
        """Return blank evidence of a test that never started: its claim is that of another case of the same test.

        Parameters, model and task travel with a test's setup, so that of this case only the name in brackets is known;
        where no other case started either, the test's name stands for the claim.
        """
        function, _, case = node_id.partition("[")
        params = {"case": case.removesuffix("]")} if case else {}
        known = [*self._blank.items(), *((n, e) for found in self._found.values() for n, e in found.items())]
        for other, sibling in known:
            if other.partition("[")[0] == function and sibling.statement:
                return replace(
                    _unreadable(node_id, ""),
                    id=sibling.id,
                    params=params,
                    paper=sibling.paper,
                    where=sibling.where,
                    statement=sibling.statement,
                    refuted_by=sibling.refuted_by,
                    text=sibling.text,
                    brief=sibling.brief,
                    combines=sibling.combines,
                )
        return replace(_unreadable(node_id, ""), id=function, params=params)


def _joined(first: ClaimTest, second: ClaimTest) -> ClaimTest:
    """Return one row for two tests with one identity, of which the second recorded nothing."""
    evidence = _of_several(first.evidence, f"{first.node_id}, {second.node_id}")
    return ClaimTest(first.node_id, evidence, recorded=False, failed=first.failed or second.failed)


def _of_several(evidence: Evidence, node_ids: str) -> Evidence:
    reason = f"several tests record this claim with the same parameters: {node_ids}"
    return replace(evidence, outcome=None, verdict=Verdict.ERROR, reason=reason)


def _read(value: object, node_id: str) -> Evidence:
    try:
        return Evidence.from_wire(value if isinstance(value, str) else repr(value))
    except WireError as error:
        return _unreadable(node_id, str(error))


def _unreadable(node_id: str, reason: str) -> Evidence:
    """Evidence of a test of which only the node id is known."""
    return Evidence(
        id=node_id,
        params={},
        paper="",
        where="",
        statement="",
        refuted_by="",
        model="",
        task="",
        expected=Verdict.SUPPORTED,
        family_size=1,
        verdict=Verdict.ERROR,
        reason=reason,
        node_id=node_id,
    )
