"""The JUnit file: verdicts as properties, one test case a test, nothing else touched."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.correction import with_verdicts
from iclgd_core.evidence.record import Evidence
from iclgd_core.evidence.verdict import Verdict
from reports.render.junit import annotate, properties
from tests.reports.hostile import hostile_report
from tests.reports.sample import sample_report
from tests.reports.strategies import found, recorded

NAMES = ["claim", "model", "task", "verdict", "expected", "verdict_run", "estimate", "interval", "p_adjusted", "p_run",
         "reason", "rule_sha256"]  # fmt: skip


def case(name: str, item: Evidence | None, kind: str = EVIDENCE, inner: str = "") -> str:
    sent = "" if item is None else f"<property name={quoteattr(kind)} value={quoteattr(item.to_wire())} />"
    holder = f'<properties>{sent}<property name="mine" value="1" /></properties>' if item is not None else ""
    return f'<testcase classname="claims.test" name={quoteattr(name)} time="0.1">{holder}{inner}</testcase>'


def suite(path: Path, *cases: str) -> Path:
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">'
        f'<testsuite name="pytest" errors="0" failures="1" skipped="0" tests="{len(cases)}">{"".join(cases)}'
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    return path


def found_in(path: Path) -> list[dict[str, str]]:
    cases = ET.parse(path).getroot().iter("testcase")  # noqa: S314
    return [{one.attrib["name"]: one.attrib["value"] for one in found.iter("property")} for found in cases]


def test_properties_of_the_final_evidence(tmp_path: Path) -> None:
    sent = [recorded(i, found(0.02, 0.98), family_size=2) for i in (1, 2)]
    final = with_verdicts(sent)
    path = suite(tmp_path / "x.xml", *(case(f"t{i}", item) for i, item in enumerate(sent)), case("plain", None))
    annotate(path, final)
    one, two, plain = found_in(path)
    assert plain == {}
    assert list(one) == ["mine", *(f"iclgd.{name}" for name in NAMES)]
    assert one["iclgd.claim"] == "S1 [size=1]"
    assert (one["iclgd.verdict"], one["iclgd.p_adjusted"], one["iclgd.p_run"]) == ("supported", "0.04", "0.04")
    assert (one["iclgd.estimate"], one["iclgd.interval"]) == ("0.25", "[0.125, 0.375]")
    assert two["iclgd.claim"] == "S1 [size=2]"


def test_a_refuted_claim_has_the_p_value_that_decided() -> None:
    (item,) = with_verdicts([recorded(1, found(0.999, 0.001))])
    assert properties(item)["iclgd.p_adjusted"] == "0.001"


def test_every_claim_has_every_property() -> None:
    for item in sample_report().evidence:
        assert list(properties(item)) == [f"iclgd.{name}" for name in NAMES]
        assert properties(item)["iclgd.rule_sha256"] == item.rule_sha256


def test_a_test_without_evidence_is_found_by_what_its_setup_sent(tmp_path: Path) -> None:
    blank = recorded(verdict=Verdict.ERROR, reason="recorded no evidence")
    path = suite(tmp_path / "x.xml", case("t", blank, CLAIM))
    annotate(path, [replace(blank, reason="worker crashed")])
    assert found_in(path)[0]["iclgd.reason"] == "worker crashed"


KILLED: dict[str, Any] = {
    "verdict": Verdict.ERROR,
    "reason": "worker crashed",
    "node_id": "claims/test.py::TestX::test_one[a/b.py::c]",
}


def killed(name: str = "test_one[a/b.py::c]", classname: str = "claims.test.TestX") -> str:
    return f'<testcase classname="{classname}" name="{name}"><properties /><failure message="crash" /></testcase>'


def test_a_killed_test_is_found_by_its_name(tmp_path: Path) -> None:
    lost, other = replace(recorded(1), **KILLED), recorded(2, found(), verdict=Verdict.SUPPORTED)
    path = suite(tmp_path / "x.xml", killed(), case("t", other), case("plain", None))
    annotate(path, [lost, other])
    one, two, plain = found_in(path)
    assert list(one) == [f"iclgd.{name}" for name in NAMES]
    assert (one["iclgd.verdict"], one["iclgd.reason"]) == ("error", "worker crashed")
    assert two["iclgd.verdict"] == "supported"
    assert plain == {}
    first = ET.parse(path).getroot()[0][0]  # noqa: S314
    assert [part.tag for part in first] == ["properties", "failure"]


def test_a_name_that_is_not_one_alone_is_left(tmp_path: Path) -> None:
    lost = replace(recorded(1), **KILLED)
    for cases, evidence in (
        ([killed(), killed()], [lost]),
        ([killed()], [lost, replace(lost, id="S2")]),
        ([killed(classname="claims.other.TestX")], [lost]),
        ([case("t", None)], [replace(lost, node_id="")]),
    ):
        path = suite(tmp_path / "x.xml", *cases)
        annotate(path, evidence)
        assert found_in(path) == [{}] * len(cases)


def test_a_failure_after_the_run_joins_its_test(tmp_path: Path) -> None:
    item = recorded(1, found(0.04, 0.96), family_size=2)
    late = case("t", None, inner='<failure message="late">why</failure>')
    other = case("u", None, inner='<failure message="own">why</failure>')
    path = suite(tmp_path / "x.xml", case("t", item), other, late)
    annotate(path, with_verdicts([item]))
    root = ET.parse(path).getroot()  # noqa: S314
    assert [one.get("name") for one in root.iter("testcase")] == ["t", "u"]
    assert [one.get("message") for one in root.iter("failure")] == ["late", "own"]
    assert root[0].get("tests") == "2"
    assert found_in(path)[0]["iclgd.verdict"] == "inconclusive"


def test_hostile_text_gives_well_formed_xml(tmp_path: Path) -> None:
    report = hostile_report()
    path = suite(tmp_path / "x.xml", *(case(f"t{i}", item) for i, item in enumerate(report.evidence)))
    annotate(path, report.evidence)
    for one, item in zip(found_in(path), report.evidence, strict=True):
        assert one["iclgd.verdict"] == {other.key: other for other in report.evidence}[item.key].verdict
        assert all(ord(c) >= 32 for value in one.values() for c in value)
        assert EVIDENCE not in one


@pytest.mark.parametrize("content", ["", "<testsuites>", "<a>&xx;</a>"])
def test_what_is_no_xml_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.xml"
    path.write_text(content)
    with pytest.raises(ET.ParseError):
        annotate(path, [])
    assert path.read_text() == content


def test_evidence_that_cannot_be_read_stays(tmp_path: Path) -> None:
    broken = f'<testcase name="t"><properties><property name="{EVIDENCE}" value="{{}}" /></properties></testcase>'
    path = suite(tmp_path / "x.xml", broken)
    annotate(path, [])
    assert found_in(path) == [{EVIDENCE: "{}"}]
