"""Selections and claims that are left out: what the header, the status and `--accept` make of them."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iclgd_core.suite.command import main
from reports.document.saved import read_saved
from tests.plugin.project import Project

SIZES = """
@stated("A")
@pytest.mark.parametrize("size", [1, 2, 3])
def test_sizes(judge, size):
    judge(found(0.999, 0.001))

@stated("B")
def test_other(judge):
    judge(found())
"""
SKIPPED = """
@stated("A")
def test_one(judge):
    judge(found())

@stated("G")
@pytest.mark.skip(reason="red since yesterday")
def test_two(judge):
    judge(found())
"""
KILLED = """
import os, signal

@stated("A")
def test_one(judge):
    judge(found())

@stated("K")
@pytest.mark.parametrize("case", ["x/y", "z"])
def test_dies(judge, case):
    if case == "x/y":
        os.kill(os.getpid(), signal.SIGKILL)
    judge(found())
"""


@pytest.fixture
def sized(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a family of three that is refuted as registered, and another claim."""
    project.claim(SIZES)
    project.register(*({"id": "A", "verdict": "refuted", "params": {"size": str(size)}} for size in (1, 2, 3)))
    monkeypatch.chdir(project.path)
    return project


@pytest.mark.parametrize(
    ("mode", "arguments", "deselected", "partial"),
    [
        ("plain", ("claims",), 0, False),
        ("plain", ("claims", "-k", "sizes"), 1, False),
        ("plain", ("claims", "-k", "not 3"), 1, True),
        ("n2", ("claims", "-k", "not 3"), 1, True),
        ("plain", ("claims/test_claims.py::test_sizes[1]", "claims/test_claims.py::test_other"), 0, True),
        ("plain", ("claims/test_claims.py::test_other",), 0, False),
    ],
    ids=["all", "a family", "a part", "a part n2", "node ids of a part", "node id of a whole"],
)
def test_a_selection_is_told_by_its_families(
    sized: Project, mode: str, arguments: tuple[str, ...], deselected: int, partial: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    result = sized.run(*arguments, mode=mode)
    assert result.ret == 0, result.stdout.str()
    assert sized.document()["run"]["deselected"] == deselected
    read_saved(sized.report)
    drawn = [sized.report.with_name(name).read_text(encoding="utf-8").lower() for name in ("claims.md", "index.html")]
    assert ["a selection of sub-claims" in text for text in drawn] == [partial] * 2
    registered = Path("claims/expected/all.json").read_bytes()
    assert main(["report", "--accept", "--yes"]) == (2 if partial else 0)
    assert ("of 3 sub-claims of A (--force-partial" in " ".join(capsys.readouterr().err.split())) is partial
    assert Path("claims/expected/all.json").read_bytes() == registered


def test_a_claim_that_is_skipped_does_not_pass(project: Project, mode: str) -> None:
    project.claim(SKIPPED)
    result = project.run("claims", mode=mode)
    assert result.ret == 12, result.stdout.str()
    assert project.verdicts() == {"A": "supported", "G": "not run"}
    result.stdout.fnmatch_lines(["Exit status 12: incomplete, a claim was left out, *"])


@pytest.mark.parametrize(("verdict", "status"), [("not run", 0), ("refuted", 12)])
def test_a_claim_that_is_registered_as_not_run_passes(project: Project, verdict: str, status: int) -> None:
    project.claim(SKIPPED)
    project.register({"id": "G", "verdict": verdict})
    assert project.run("claims").ret == status


def test_a_killed_test_has_its_properties_in_the_junit_file(project: Project) -> None:
    project.claim(KILLED)
    assert project.run("claims", "--junitxml=junit.xml", mode="n2").ret == 12
    cases = ET.parse(project.path / "junit.xml").getroot().iter("testcase")  # noqa: S314
    found = {
        case.attrib["name"]: {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}
        for case in cases
    }
    verdicts = {name: of.get("iclgd.verdict") for name, of in found.items()}
    assert verdicts == {"test_one": "supported", "test_dies[x/y]": "error", "test_dies[z]": "supported"}
    assert "crashed" in found["test_dies[x/y]"]["iclgd.reason"]
