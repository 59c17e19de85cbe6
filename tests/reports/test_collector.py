"""The collector: idempotent, last phase wins, nothing that was collected is lost."""

from dataclasses import dataclass, field, replace

from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.collect.collector import AFTER_A_CRASH, ClaimTest, Collector
from tests.reports.strategies import found, recorded

NODE = "claims/test_s1.py::test_one"


@dataclass
class FakeReport:
    """What the collector reads of a test report."""

    nodeid: str = NODE
    when: str | None = "call"
    failed: bool = False
    longreprtext: str = ""
    user_properties: list[tuple[str, object]] = field(default_factory=list)


def carrying(name: str, item: Evidence, when: str = "call", nodeid: str = NODE) -> FakeReport:
    return FakeReport(nodeid, when, user_properties=[(name, item.to_wire())])


def rows(*reports: FakeReport, expect: tuple[str, ...] = ()) -> list[ClaimTest]:
    collector = Collector()
    collector.expect(expect)
    for report in reports:
        collector.add(report)
    return collector.rows()


BLANK = recorded(verdict=Verdict.ERROR, reason="recorded no evidence")


def test_the_last_phase_wins_and_repetition_changes_nothing() -> None:
    first, last = recorded(outcome=found()), recorded(verdict=Verdict.ERROR, reason="later")
    reports = [carrying(CLAIM, BLANK, "setup"), carrying(EVIDENCE, first), carrying(EVIDENCE, last, "teardown")]
    once = rows(*reports, expect=(NODE,))
    assert once == rows(*reports, *reports, expect=(NODE, NODE))
    assert [row.evidence for row in once] == [last]
    assert once[0].recorded


def test_a_claim_without_evidence_is_an_error() -> None:
    (row,) = rows(carrying(CLAIM, BLANK, "setup"), FakeReport(failed=True), expect=(NODE,))
    assert (row.evidence, row.recorded, row.failed) == (BLANK, False, True)


def test_a_lost_test_of_the_same_identity_makes_one_row() -> None:
    other = NODE.replace("test_one", "test_two")
    sent = [carrying(EVIDENCE, recorded(outcome=found())), carrying(CLAIM, BLANK, "setup", other)]
    (row,) = rows(*sent, expect=(NODE, other))
    assert (row.evidence.verdict, row.recorded) == (Verdict.ERROR, False)
    assert row.evidence.reason == f"several tests record this claim with the same parameters: {NODE}, {other}"


def test_a_crash_is_an_error_that_names_the_worker() -> None:
    crash = FakeReport(when="???", failed=True, longreprtext=f"worker 'gw0' crashed while running {NODE!r}")
    (known,) = rows(carrying(CLAIM, BLANK, "setup"), crash, expect=(NODE,))
    reason = f"recorded no evidence: worker 'gw0' crashed. {AFTER_A_CRASH}"
    assert known.evidence == replace(BLANK, reason=reason)
    (unknown,) = rows(crash, expect=(NODE,))
    assert (unknown.evidence.id, unknown.evidence.verdict) == (NODE, Verdict.ERROR)


def test_a_claim_that_was_never_reached_is_not_run() -> None:
    (row,) = rows(expect=(NODE,))
    assert (row.evidence.id, row.evidence.verdict) == (NODE, Verdict.NOT_RUN)


def test_a_case_that_was_never_reached_has_the_claim_of_its_sibling() -> None:
    case, other = f"{NODE}[gd-small model]", f"{NODE}[sgd]"
    sibling = replace(recorded(outcome=found()), brief="in a few words", combines="any of case")
    found_rows = rows(carrying(EVIDENCE, sibling, nodeid=other), expect=(case, other))
    (missing,) = [row.evidence for row in found_rows if not row.recorded]
    assert (missing.id, missing.params) == ("S1", {"case": "gd-small model"})
    assert (missing.verdict, missing.statement) == (Verdict.NOT_RUN, recorded().statement)
    assert (missing.brief, missing.combines) == ("in a few words", "any of case")
    assert missing.node_id == case
    (unknown,) = [row.evidence for row in rows(carrying(EVIDENCE, recorded()), expect=(NODE, "claims/x.py::test_y"))
                  if not row.recorded]  # fmt: skip
    assert (unknown.id, unknown.statement) == ("claims/x.py::test_y", "")


def test_cases_of_a_test_that_never_started_stand_together() -> None:
    found_rows = rows(expect=(f"{NODE}[a]", f"{NODE}[b]"))
    assert [(row.evidence.id, row.evidence.params) for row in found_rows] == [
        (NODE, {"case": "a"}),
        (NODE, {"case": "b"}),
    ]


def test_other_tests_are_no_claims() -> None:
    assert rows(FakeReport(), expect=(NODE,)) == []


def test_evidence_of_another_version_is_an_error_of_that_test() -> None:
    (row,) = rows(FakeReport(user_properties=[(EVIDENCE, '{"schema": "iclgd-evidence/0"}')]))
    assert row.evidence.verdict is Verdict.ERROR
    assert "iclgd-evidence/0" in row.evidence.reason


def test_two_tests_with_one_identity_are_one_error() -> None:
    item = recorded(outcome=found())
    (row,) = rows(carrying(EVIDENCE, item), carrying(EVIDENCE, item, nodeid=NODE + "_more"))
    assert row.evidence.verdict is Verdict.ERROR
    assert NODE + "_more" in row.evidence.reason
