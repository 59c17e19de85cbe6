"""What a whole run does: exit status, completeness, untouched runs, plans, reports that cannot be written."""

import pytest

from tests.plugin.project import Project, no_traceback

ONE = """
@stated("A")
def test_one(judge):
    judge(found(), sd=0.5, minimum_effect=0.1)
"""


def test_a_run_without_claims_is_left_alone(project: Project, mode: str) -> None:
    project.pytester.makepyfile("def test_plain(): pass")
    result = project.run(mode=mode)
    assert result.ret == 0
    assert "claim tests" not in result.stdout.str()
    assert "= claims =" not in result.stdout.str()
    assert not (project.path / ".iclgd").exists()


def test_collecting_only_reports_nothing(project: Project) -> None:
    project.claim(ONE)
    assert project.run("claims", "--collect-only").ret == 0
    assert not project.report.exists()


def test_header_and_place_of_the_report(project: Project) -> None:
    project.claim(ONE)
    result = project.run("claims", "--iclgd-seed", "7", "--iclgd-report", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*A *a gap [[]bold] exists*", "*Claims report:*out*claims.json, *out*index.html*"])
    project.path.joinpath("out", "claims.json").replace(project.report_folder() / "claims.json")
    document = project.document()
    assert document["schema"] == "iclgd-claims/3"
    run = document["run"]
    assert run["options"]["given"] == {
        "--iclgd-seed": "7",
        "--iclgd-report": "out",
        "--iclgd-device": "cpu",
    }
    assert run["options"]["resolved"]["report"] == str(project.path / "out")
    assert (run["seed"], run["device"], run["dtype"], run["tier"]) == (7, "cpu", "auto", "quick")
    assert run["commit"] is None
    assert run["workers"] == 0
    assert {"python", "iclgd", "torch", "transformers", "numpy", "scipy", "pytest", "pytest-xdist"} == set(
        run["versions"]
    )


def test_only_skipped_claims_verify_nothing(project: Project) -> None:
    project.claim('@stated("A")\ndef test_one(judge):\n    pytest.skip("later")\n')
    result = project.run("claims")
    assert result.ret == 12
    assert project.verdicts() == {"A": "not run"}


def test_a_killed_worker_leaves_the_evidence_of_the_others(project: Project) -> None:
    project.claim("""
import os, signal

@stated("A")
@pytest.mark.parametrize("size", [1, 2, 3])
def test_survives(judge, size):
    judge(found())

@stated("B")
def test_dies(judge):
    os.kill(os.getpid(), signal.SIGKILL)

@stated("C")
def test_dies_in_setup(killing, judge):
    judge(found())

@pytest.fixture
def killing():
    os.kill(os.getpid(), signal.SIGKILL)
""")
    result = project.run("claims", mode="n2")
    assert result.ret == 12, result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str()
    rows = {row["id"]: row for row in project.document()["claims"]}
    assert project.document()["summary"]["supported"] == 3
    assert "crashed" in rows["B"]["reason"]
    unknown = "claims/test_claims.py::test_dies_in_setup"
    assert rows[unknown]["verdict"] == "error"
    assert (project.document()["summary"]["collected"], project.document()["summary"]["with_evidence"]) == (
        5,
        3,
    )


@pytest.mark.parametrize("mode", ["plain", "n0"])
def test_claims_that_were_never_reached_are_listed(project: Project, mode: str) -> None:
    project.claim("""
@stated("A")
def test_one(judge):
    judge(found())

def test_plain_failure():
    assert False

@stated("B")
def test_two(judge):
    judge(found())
""")
    result = project.run("claims", "-x", mode=mode)
    assert result.ret in (2, 12)
    assert project.document()["summary"]["not run"] == 1
    assert project.verdicts()["A"] == "supported"


def test_a_report_that_cannot_be_written_at_the_end(project: Project, mode: str) -> None:
    project.claim("""
@stated("A")
def test_one(judge):
    import shutil
    from pathlib import Path
    shutil.rmtree("out", ignore_errors=True)
    Path("out").write_text("in the way")
    judge(found())
""")
    result = project.run("claims", "--iclgd-report", "out/report", mode=mode)
    assert result.ret == 12
    no_traceback(result)
    result.stdout.fnmatch_lines(["*supported*0.25*", "ERROR: claims.json could not be written*"])


def test_a_plan_claims_and_writes_nothing(project: Project, mode: str) -> None:
    project.claim(
        ONE
        + """
@stated("B")
def test_refuted(judge):
    judge(found(0.999, 0.001, sd=0.5, minimum_effect=0.125))
"""
    )
    result = project.run("claims", "--iclgd-plan", mode=mode)
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(
        ["*claims plan*", "*sd*minimum effect*units needed*", "*undefined*20*unknown*", "*0.5*0.125*20*139*"]
    )
    assert not project.report.exists()


@pytest.mark.parametrize("quiet", [(), ("-q",), ("-v",), ("--no-summary",)], ids=["normal", "q", "v", "no-summary"])
def test_verbosity_does_not_change_the_status(project: Project, quiet: tuple[str, ...]) -> None:
    project.claim("""
@stated("A")
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(judge, size):
    judge(found(0.04, 0.96) if size == 1 else found(0.03, 0.97))
""")
    result = project.run("claims", *quiet)
    assert result.ret == 1
    assert "INTERNALERROR" not in result.stdout.str()


def test_junit_file_has_the_failure_found_after_the_run(project: Project) -> None:
    project.claim("""
@stated("A")
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(judge, size):
    judge(found(0.04, 0.96))
""")
    assert project.run("claims", "--junitxml=junit.xml").ret == 1
    assert "inconclusive, expected supported" in (project.path / "junit.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("mode", "models", "status"),
    [("plain", (), 1), ("plain", ("--iclgd-model=mine",), 0), ("n2", ("--iclgd-model=mine",), 0)],
)
def test_what_does_not_apply_fails_the_built_in_run_alone(
    project: Project, mode: str, models: tuple[str, ...], status: int
) -> None:
    project.claim(ONE + '@stated("M")\ndef test_m(judge):\n    raise NotRunError("no checkpoints")\n')
    result = project.run("claims", *models, mode=mode)
    assert result.ret == status, result.stdout.str()
    assert project.verdicts()["M"] == "not run"
    summary = project.document()["summary"]
    assert summary["not_as_expected"] == status


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ('@claim("A", PLACE, "a gap", "no gap", combines="any of nothing")', "combines 'any of nothing'"),
        ('@claim("A", PLACE, "a gap", "no gap", combines="most")', "combines='most'"),
        ('@claim("A", PLACE, "a gap", "no gap", demonstrations=-3)', "demonstrations=-3"),
        ('@claim("A", PLACE, "a gap", "no gap", demonstrations="eight")', "demonstrations='eight'"),
        ('@claim("A", PLACE, "a gap", "no gap", trains="whole")', "trains='whole'"),
        ('@claim("A", PLACE, "a gap", "no gap", trains=3)', "trains=3"),
        ('@claim("A", PLACE, "a gap", "no gap", designs="S1")', "designs='S1'"),
        ('@claim("A", PLACE, "a gap", "no gap", combines=3)', "combines=3"),
        ('@claim("A", PLACE, "a gap", "no gap", needs=Needs(layers=0))', "layers=0"),
        ('@claim("A", PLACE, "a gap", "no gap", needs=Needs(posterior="yes"))', "posterior='yes'"),
        ('@claim("A", PLACE, "a gap", "no gap", needs=Needs(labels=1))', "labels=1"),
        ('@claim("A", PLACE, "a gap", "no gap", needs="bogus")', "needs='bogus'"),
        ('@claim("A", PLACE.source, "a gap", "no gap")', "place=Source("),
        ('@claim("e 1!", PLACE, "a gap", "no gap")', "id='e 1!'"),
        ('@claim("A", PLACE, " ", "no gap")', "statement=' '"),
    ],
)
def test_a_claim_that_cannot_be_stated_so_is_refused_before_anything_runs(
    project: Project, stated: str, said: str
) -> None:
    project.claim(f"""
from iclgd_core.evidence.claim import Source, claim
from iclgd_core.evidence.needs import Needs

PLACE = Source("Shen", "2310.08540").at("section 4")

{stated}
def test_one(judge):
    judge(found(), sd=0.5, minimum_effect=0.1)
""")
    result = project.run("claims")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    output = result.stdout.str()
    assert said in output
    assert "claim.py:" not in output, "frames of ours"
    no_traceback(result)
