"""A run held against a saved report."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from iclgd_core.suite.command import main
from reports.document.validation import CLAIMS, problem
from tests.plugin.project import Project, no_traceback

GOOD = """
@stated("A")
def test_one(judge):
    judge(found())

@stated("B")
def test_two(judge):
    judge(found())
"""
REFUTED = GOOD.replace("judge(found())", "judge(found(0.999, 0.001))", 1)
NODE = "claims/test_claims.py"
OTHER_RULE = GOOD.replace("judge(found())", "judge(found(margin=0.5))", 1)


@pytest.fixture
def baseline(project: Project) -> Path:
    """A report of a run in which all was supported."""
    project.claim(GOOD)
    assert project.run("claims", "--iclgd-report", "base").ret == 0
    return project.path / "base" / "claims.json"


def test_a_run_like_its_baseline(project: Project, baseline: Path) -> None:
    result = project.run("claims", "--iclgd-baseline", "base")
    assert result.ret == 0, result.stdout.str()
    digest = sha256(baseline.read_bytes()).hexdigest()
    result.stdout.fnmatch_lines(
        [
            f"iclgd baseline: *claims.json, sha256 {digest}",
            "*equal: 2 same; 0 effects moved (the 95% interval of the difference excludes 0).",
        ]
    )
    header = project.document()["run"]["baseline"]
    assert (header["path"], header["sha256"]) == (str(baseline), digest)
    assert header["comparison"]["status"] == "equal"
    assert problem(project.document(), CLAIMS) == ""


def test_a_regression(project: Project, baseline: Path, mode: str, tmp_path: Path) -> None:
    project.claim(REFUTED)
    project.register({"id": "A", "verdict": "refuted"})
    result = project.run("claims", "--iclgd-baseline=base/claims.json", mode=mode)
    assert result.ret == 10, result.stdout.str()
    result.stdout.fnmatch_lines(
        ["*claims against the baseline*", "worse", "  A", "    supported to refuted", "worse: 1 worse, 1 same;*",
         "Exit status 10: a claim is worse than in the baseline."]
    )  # fmt: skip
    assert project.document()["run"]["exit_status"] == 10
    folder = project.report.parent
    markdown = (folder / "claims.md").read_text(encoding="utf-8")
    assert "## Against the baseline" in markdown
    assert "| A | **worse** | supported to refuted |" in markdown
    assert main(["report", str(folder), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "claims.md").read_text(encoding="utf-8") == markdown
    assert main(["compare", str(baseline), str(folder)]) == 1


def test_a_claim_that_is_gone_is_a_regression(project: Project, baseline: Path, mode: str) -> None:
    project.claim(GOOD.partition('@stated("B")')[0])
    result = project.run("claims", "--iclgd-baseline", "base", mode=mode)
    assert result.ret == 10
    result.stdout.fnmatch_lines(["    missing in B"])


@pytest.mark.parametrize(
    ("mode", "selected"),
    [
        *(
            ("plain", one)
            for one in (("claims", "-k", "one and test_claims"), ("claims/test_claims.py",), (f"{NODE}::test_one",))
        ),
        ("plain", ("claims", "--ignore=claims/test_more.py", "--deselect", f"{NODE}::test_two")),
        ("n2", ("claims", "-k", "one and test_claims")),
        ("n2", (f"{NODE}::test_one",)),
    ],
)
def test_a_selection_is_held_to_what_both_have(project: Project, mode: str, selected: tuple[str, ...]) -> None:
    """What the run was not asked for is not run, neither worse nor the same; what got worse is so all the same."""
    project.claim(GOOD)
    project.claim(GOOD.replace('"A"', '"C"').replace('"B"', '"D"'), "test_more.py")
    assert project.run("claims", "--iclgd-report", "base").ret == 0
    result = project.run(*selected, "--iclgd-baseline", "base", mode=mode)
    assert result.ret == 0, result.stdout.str()
    whole = selected == ("claims/test_claims.py",)
    left = "2 sub-claims of C (1), D (1)" if whole else "3 sub-claims of B (1), C (1), D (1)"
    result.stdout.fnmatch_lines(
        [f"not run, since B was not asked for them: {left}", f"equal: {2 if whole else 3} not run, *0 effects moved*"]
    )
    assert problem(project.document(), CLAIMS) == ""
    assert main(["compare", str(project.path / "base"), str(project.report)]) == 0
    project.claim(REFUTED)
    project.register({"id": "A", "verdict": "refuted"})
    assert project.run(*selected, "--iclgd-baseline", "base", mode=mode).ret == 10


def test_a_claim_that_is_gone_from_a_selected_path_is_a_regression(project: Project, baseline: Path) -> None:
    project.claim(GOOD.partition('@stated("B")')[0])
    assert project.run("claims/test_claims.py", "--iclgd-baseline", "base").ret == 10


def test_a_baseline_with_more_or_less_than_was_selected(project: Project) -> None:
    """A baseline that lacks a claim says nothing of it; one that has none of those selected cannot be held to."""
    project.claim(GOOD)
    assert project.run("claims", "-k", "one", "--iclgd-report", "base").ret == 0
    result = project.run("claims", "--iclgd-baseline", "base")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["equal: 1 only in B, 1 same;*"])
    result = project.run("claims", "-k", "two", "--iclgd-baseline", "base")
    assert result.ret == 12
    result.stdout.fnmatch_lines(
        ["not run, since B was not asked for them: 1 sub-claim of A (1)", "no sub-claim stands in both reports: *"]
    )
    assert main(["compare", str(project.path / "base"), str(project.report)]) == 2


def test_another_rule_is_not_comparable(project: Project, baseline: Path) -> None:
    project.claim(OTHER_RULE)
    result = project.run("claims", "--iclgd-baseline", "base")
    assert result.ret == 12
    result.stdout.fnmatch_lines(
        ["*other rule: margin differ*", "ERROR: the baseline and this run are not comparable: nothing was verified."]
    )
    assert main(["compare", str(baseline), str(project.report)]) == 2


def test_a_claim_that_failed_comes_first(project: Project, baseline: Path) -> None:
    project.claim(REFUTED)
    assert project.run("claims", "--iclgd-baseline", "base").ret == 1


def test_the_report_in_place_can_be_the_baseline(project: Project) -> None:
    project.claim(GOOD)
    assert project.run("claims").ret == 0
    assert project.run("claims", "--iclgd-baseline", ".iclgd/report").ret == 0
    assert project.run("claims", "--iclgd-baseline", ".iclgd/report").ret == 0


def test_the_ini_twin_belongs_to_the_root_directory(
    project: Project, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.ini("iclgd_baseline = base\n")
    project.pytester.mkdir("below")
    monkeypatch.chdir(project.path / "below")
    result = project.run("../claims", "--rootdir", "..", "-c", "../tox.ini")
    result.stdout.fnmatch_lines([f"iclgd baseline: {baseline}, *"])


@pytest.mark.parametrize(
    ("mode", "broken"),
    [*(("plain", broken) for broken in ("nowhere", "folder", "text", "schema", "field")), ("n2", "nowhere")],
)
def test_a_baseline_that_cannot_be_read_is_refused_before_work_starts(
    project: Project, baseline: Path, mode: str, broken: str
) -> None:
    project.claim('from pathlib import Path\nPath("collected").touch()\n')
    place = project.path / broken
    if broken == "folder":
        place.mkdir()
    elif broken == "text":
        place.write_text("{")
    elif broken != "nowhere":
        content = json.loads(baseline.read_text())
        name, value = ("schema", "iclgd-claims/1") if broken == "schema" else ("claims", [{}])
        content[name] = value
        place.write_text(json.dumps(content))
    result = project.run("claims", "--iclgd-baseline", broken, mode=mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --iclgd-baseline: *{broken}*"])
    no_traceback(result)
    assert not (project.path / "collected").exists()


@pytest.mark.parametrize("option", ["--iclgd-baseline=base", "--iclgd-strict"])
def test_a_plan_has_no_verdicts_to_hold_against_anything(project: Project, baseline: Path, option: str) -> None:
    result = project.run("claims", "--iclgd-plan", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --iclgd-plan is True. Allowed: no --iclgd-*a plan has no verdicts*"])
