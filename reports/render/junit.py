"""The claims in the JUnit file that pytest has written: verdicts as properties, in place of the raw evidence."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from iclgd_core.errors import WireError
from iclgd_core.evidence.channel import CLAIM, EVIDENCE
from iclgd_core.evidence.record import Evidence

from ..document.json_report import write_whole
from .plain_text import plain

RAW = (CLAIM, EVIDENCE)
NO_XML = re.compile("[\ufffe\uffff]")
ROOM = 500

Key = tuple[str, str, str, tuple[tuple[str, str], ...]]
Name = tuple[str, str]


def properties(item: Evidence) -> dict[str, str]:
    """Return the properties of a claim's test case, all of them always; one without a value is empty."""
    outcome = item.outcome
    estimate = None if outcome is None else outcome.estimate
    interval = None if outcome is None else outcome.shown_interval
    refuted = item.verdict == "refuted"
    params = ", ".join(f"{name}={value}" for name, value in sorted(item.params.items()))
    found = {
        "claim": f"{item.id} [{params}]" if params else item.id,
        "model": item.model,
        "task": item.task,
        "verdict": item.verdict or "",
        "expected": item.expected,
        "verdict_run": item.verdict_run or "",
        "estimate": _text(estimate),
        "interval": "" if interval is None else f"[{interval[0]!r}, {interval[1]!r}]",
        "p_adjusted": _text(item.p_refuted_adjusted if refuted else item.p_adjusted),
        "p_run": _text(item.p_refuted_run if refuted else item.p_run),
        "reason": item.reason,
        "rule_sha256": item.rule_sha256,
    }
    return {f"iclgd.{name}": NO_XML.sub("", plain(value))[:ROOM] for name, value in found.items()}


def annotate(path: Path, evidence: Sequence[Evidence]) -> None:
    """Rewrite a JUnit file: each claim's test case gets its `properties`, and loses the evidence as it travelled.

    A test that failed after the run, when the correction for multiplicity was known, stands in the file twice, passed
    and failed: its failure is moved to the first, which makes them one. A test that was killed sent no evidence: its
    case is found by the name that pytest gives it, if no other case and no other claim has it.

    Raises:
        OSError, ET.ParseError, StorageError: the file cannot be read, is no XML, or cannot be written; it stays.
    """
    tree = ET.parse(path)  # noqa: S314  (pytest wrote it a moment ago)
    final = {item.key: item for item in evidence}
    named = _named(evidence)
    for suite in tree.iter("testsuite"):
        _annotate_suite(suite, final)
        _annotate_silent(suite, named)
    text = ET.tostring(tree.getroot(), encoding="unicode")
    write_whole(f'<?xml version="1.0" encoding="utf-8"?>{text}', path)


def _annotate_suite(suite: ET.Element, final: Mapping[Key, Evidence]) -> None:
    claims: dict[tuple[str | None, str | None], ET.Element] = {}
    for case in suite.findall("testcase"):
        name = (case.get("classname"), case.get("name"))
        item = _claim_of(case, final)
        if item is not None:
            _replace(case, item)
            claims[name] = case
        elif name in claims and case.find("properties") is None and case.find("failure") is not None:
            claims[name].extend(case.findall("failure"))
            suite.remove(case)
            suite.set("tests", str(int(suite.get("tests", "1")) - 1))


def _named(evidence: Sequence[Evidence]) -> dict[Name, Evidence]:
    """Return the claims by the class and name of their test cases, those that share both left out."""
    names = [_name_of(item.node_id) for item in evidence]
    return {name: item for name, item in zip(names, evidence, strict=True) if name[1] and names.count(name) == 1}


def _name_of(node_id: str) -> Name:
    """Return class and name of the test case of a node id.

    >>> _name_of("claims/shen/test_s1.py::test_one[a/b::c]")
    ('claims.shen.test_s1', 'test_one[a/b::c]')
    """
    address, bracket, case = node_id.partition("[")
    path, *names = address.split("::")
    parts = [path.removesuffix(".py").replace("/", "."), *names]
    return ".".join(parts[:-1]), parts[-1] + bracket + case


def _annotate_silent(suite: ET.Element, named: Mapping[Name, Evidence]) -> None:
    """Give the properties to the cases of claim tests that sent none, as those have that were killed."""
    cases: dict[Name, list[ET.Element]] = {}
    for case in suite.findall("testcase"):
        cases.setdefault((case.get("classname", ""), case.get("name", "")), []).append(case)
    for name, item in named.items():
        found = cases.get(name, [])
        if len(found) == 1 and not found[0].findall("properties/property"):
            for holder in found[0].findall("properties"):
                found[0].remove(holder)
            found[0].insert(0, ET.Element("properties"))
            _replace(found[0], item)


def _claim_of(case: ET.Element, final: Mapping[Key, Evidence]) -> Evidence | None:
    """Return the final evidence of a test case, found by the evidence that its test sent."""
    sent = {one.get("name"): one.get("value", "") for one in case.findall("properties/property")}
    wire = sent.get(EVIDENCE, sent.get(CLAIM))
    if wire is None:
        return None
    try:
        found = Evidence.from_wire(wire)
    except WireError:
        return None
    return final.get(found.key)


def _replace(case: ET.Element, item: Evidence) -> None:
    """Put the properties of a claim where its raw evidence was; those of others stay."""
    for holder in case.findall("properties"):
        for one in holder.findall("property"):
            if one.get("name") in RAW:
                holder.remove(one)
        for name, value in properties(item).items():
            ET.SubElement(holder, "property", name=name, value=value)
        return


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)
