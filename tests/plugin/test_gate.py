"""The gate: what a run leaves behind, what it exits with, and that nothing beside the report can fail it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from iclgd_core.suite.command import main
from reports.document.saved import read_saved
from reports.document.validation import CLAIMS, problem
from tests.plugin.project import Project, no_traceback

ONE = """
@stated("A")
def test_one(judge):
    judge(found())
"""
OPEN = """
@stated("B")
def test_open(judge):
    judge(found(0.3, 0.7, sd=0.5, distance=0.125))
"""
CONTROL = """
from fixtures.subject import SUBJECT, Subject

@pytest.fixture
def untrained(request):
    request.node.stash[SUBJECT] = Subject("untrained-tiny", "ginc", "quick", "no gain from demonstrations")

@stated("C")
def test_control(judge, untrained):
    raise AssertionError("must not be called")
"""
LATE = """
@stated("A")
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(judge, size):
    judge(found(0.04, 0.96))
"""


STRICT = ("--iclgd-strict",)


def run_of(project: Project) -> Any:
    return project.document()["run"]


def test_a_run_leaves_three_files_that_draw_again_to_the_byte(
    project: Project, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the summary of a CI job has the Markdown, after what was there."""
    summary = project.path / "summary.md"
    summary.write_text("what was there\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.claim(ONE + OPEN)
    project.register({"id": "B", "verdict": "inconclusive"})
    result = project.run("claims", mode=mode)
    assert result.ret == 0, result.stdout.str()
    folder = project.report.parent
    assert {path.name for path in folder.iterdir()} == {"claims.json", "index.html", "claims.md"}
    assert problem(project.document(), CLAIMS) == ""
    assert (run_of(project)["complete"], run_of(project)["exit_status"]) == (True, 0)
    assert main(["report", str(folder), "--out", str(tmp_path / "again")]) == 0
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    assert main(["report", str(folder), "--format", "summary", "--out", str(tmp_path / "short.md")]) == 0
    short = (tmp_path / "short.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == f"what was there\n\n{short}"


def test_quiet_keeps_the_counts(project: Project) -> None:
    project.claim(ONE + OPEN)
    project.register({"id": "B", "verdict": "inconclusive"})
    result = project.run("claims", "-q")
    result.stdout.fnmatch_lines(["2 claim tests: 1 supported, 1 inconclusive; 2 as expected*"])
    result.stdout.no_fnmatch_line("*0.25 [[]0.125*")


@pytest.mark.parametrize("name", ["index.html", "claims.md"])
def test_a_renderer_that_fails_is_one_line_and_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(report: object) -> str:
        raise RuntimeError("ink\x1b[31m is out")

    monkeypatch.setattr("reports.document.report_directory.RENDERERS", {name: broken})
    project.claim(ONE)
    result = project.run("claims")
    assert result.ret == 12
    no_traceback(result)
    lines = [f"ERROR: {name} could not be drawn (RuntimeError: ink[[]31m is out). claims.json is complete."]
    result.stdout.fnmatch_lines(["*supported*0.25*", "Claims report: *claims.json", *lines, "Exit status 12: *"])
    assert (run_of(project)["complete"], run_of(project)["exit_status"]) == (True, 12)


NOTHING = {
    "skipped": ('@stated("A")\ndef test_one(judge):\n    pytest.skip("later")\n', 12),
    "file skipped": ("pytest.skip('the file', allow_module_level=True)\n", 12),
    "no claim": ("def test_plain():\n    pass\n", 12),
    "no claim and a failure": ("def test_plain():\n    assert False\n", 1),
    "one": (ONE, 0),
}


@pytest.mark.parametrize(
    ("mode", "what"),
    [*(("plain", what) for what in NOTHING), *(("n2", what) for what in ("skipped", "file skipped", "no claim"))],
)
def test_nothing_verified_is_no_success(project: Project, mode: str, what: str) -> None:
    body, status = NOTHING[what]
    project.claim(body)
    project.pytester.makepyfile(test_plain="def test_plain(): pass")
    assert project.run(mode=mode).ret == status


def test_nothing_selected_keeps_pytests_status_and_the_earlier_report(project: Project, mode: str) -> None:
    project.claim(ONE)
    assert project.run("claims").ret == 0
    before = project.report.read_bytes()
    result = project.run("claims", "-k", "nothing", mode=mode)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["No claim was run: no claims report was written*"])
    assert project.report.read_bytes() == before


@pytest.mark.parametrize(
    "option", ["--setup-plan", "--setup-only", "--fixtures", "--fixtures-per-test", "--collect-only"]
)
def test_what_runs_no_test_reports_nothing(project: Project, option: str) -> None:
    project.claim(ONE)
    result = project.run("claims", option)
    assert result.ret == 0, result.stdout.str()
    assert not project.report.exists()
    result.stdout.no_fnmatch_line("*claim tests*")


@pytest.mark.parametrize(
    ("mode", "strict", "ini", "status"),
    [("plain", (), "", 0), ("plain", (), "true", 11), ("plain", STRICT, "", 11), ("n2", STRICT, "", 11)],
)
def test_strict_refuses_inconclusive_verdicts(
    project: Project, mode: str, strict: tuple[str, ...], ini: str, status: int
) -> None:
    project.ini(f"iclgd_strict = {ini}\n" if ini else "")
    project.claim(ONE + OPEN)
    project.register({"id": "B", "verdict": "inconclusive"})
    result = project.run("claims", *strict, mode=mode)
    assert result.ret == status, result.stdout.str()
    assert run_of(project)["exit_status"] == status
    assert run_of(project)["options"]["resolved"]["strict"] is bool(status)


def test_strict_excepts_untrained_controls(project: Project) -> None:
    project.claim(ONE + CONTROL)
    assert project.run("claims", "--iclgd-strict").ret == 0
    assert project.verdicts() == {"A": "supported", "C": "inconclusive"}


def test_a_claim_that_failed_comes_before_strict(project: Project) -> None:
    project.claim(OPEN)
    assert project.run("claims", "--iclgd-strict").ret == 1


@pytest.mark.parametrize(("mode", "family"), [("plain", "xunit1"), ("plain", "xunit2"), ("n2", "xunit2")])
def test_junit_has_the_final_verdicts(project: Project, mode: str, family: str) -> None:
    project.claim(LATE + ONE.replace('"A"', '"Z"').replace("test_one", "test_z") + "\ndef test_plain():\n    pass\n")
    result = project.run("claims", "--junitxml=out/junit.xml", "-o", f"junit_family={family}", mode=mode)
    assert result.ret == 1
    text = (project.path / "out" / "junit.xml").read_text(encoding="utf-8")
    assert "iclgd_claim" not in text
    assert "iclgd_evidence" not in text
    (suite,) = ET.fromstring(text)  # noqa: S314
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert set(cases) == {"test_sizes[1]", "test_sizes[2]", "test_z", "test_plain"}
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("4", "2")
    verdicts = {
        name: [one.attrib["value"] for one in case.iter("property") if one.attrib["name"] == "iclgd.verdict"]
        for name, case in cases.items()
    }
    assert verdicts == {
        "test_sizes[1]": ["inconclusive"], "test_sizes[2]": ["inconclusive"], "test_z": ["supported"], "test_plain": []
    }  # fmt: skip
    failures = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failures == {"test_sizes[1]", "test_sizes[2]"}


def test_a_junit_file_that_cannot_be_mended_is_a_warning(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, evidence: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("reports.plugin.annotate", refuse)
    project.claim(ONE)
    result = project.run("claims", "--junitxml=junit.xml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["WARNING: *junit.xml is as pytest wrote it, without the verdicts (OSError: disk full)."]
    )
    assert "iclgd_evidence" in (project.path / "junit.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["directory", "full"])
def test_a_summary_that_cannot_be_written_is_a_warning(
    project: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = project.path / "summary.md"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"x" * 2**20)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    project.claim(ONE)
    result = project.run("claims")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["WARNING: GITHUB_STEP_SUMMARY: *"])
    assert kind == "directory" or path.stat().st_size == 2**20


def test_an_incomplete_run_says_so_in_its_header(project: Project) -> None:
    project.claim(ONE + "\ndef test_plain():\n    assert False\n" + OPEN)
    assert project.run("claims", "-x").ret in (2, 12)
    assert run_of(project)["complete"] is False
    assert problem(project.document(), CLAIMS) == ""
    assert json.loads(project.report.read_text())["run"]["exit_status"] in (2, 12)
    assert read_saved(project.report).report.with_evidence == 1
