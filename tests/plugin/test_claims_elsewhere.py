"""A claim is what states one, in whatever folder it lies: it is missed when it never starts, and when it is skipped."""

import sys
from pathlib import Path

import pytest

from iclgd_core.evidence.verdict import Verdict
from reports.document.partial import selected
from reports.document.saved import read_saved
from tests.plugin.project import Project, no_traceback

INCOMPLETE = 12
HERE = "my_claims"

KILLED = """
import os, signal

@pytest.fixture
def model():
    os.kill(os.getpid(), signal.SIGKILL)

@stated("K")
@pytest.mark.parametrize("case", range(6))
def test_k(model, judge, case):
    judge(found())

def test_plain(model):
    pass
"""

STOPPED = """
@stated("F")
def test_fails(judge):
    raise MemoryError

@stated("K")
@pytest.mark.parametrize("case", range(30))
def test_k(judge, case):
    judge(found())

def test_plain():
    pass
"""


def test_claims_are_known_although_every_worker_dies_before_its_first_report(project: Project) -> None:
    project.claim(KILLED, folder=HERE)
    result = project.run(HERE, "--max-worker-restart=0", mode="n2")
    assert result.ret == INCOMPLETE, result.stdout.str()
    rows = project.document()["claims"]
    assert {row["id"] for row in rows} == {f"{HERE}/test_claims.py::test_k"}
    assert sorted(row["params"]["case"] for row in rows) == [*"012345"]
    assert {row["verdict"] for row in rows} == {Verdict.ERROR, Verdict.NOT_RUN}
    no_traceback(result)


def test_a_claim_that_never_started_is_listed(project: Project, mode: str) -> None:
    project.claim(STOPPED, folder=HERE)
    result = project.run(HERE, "-x", mode=mode)
    assert result.ret != 0
    rows = project.document()["claims"]
    assert len(rows) == 31
    assert {row["id"].rpartition("::test_")[2].upper() for row in rows} == {"F", "K"}
    assert project.document()["run"]["complete"] is False


SKIPPED = "pytest.skip('the file', allow_module_level=True)\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [(SKIPPED, INCOMPLETE), ('@stated("A")\ndef test_one(judge):\n    pytest.skip("later")\n', INCOMPLETE)],
    ids=["the file", "its claim"],
)
def test_a_run_whose_claims_are_skipped_verified_nothing(project: Project, mode: str, body: str, status: int) -> None:
    project.claim(body, folder=HERE)
    project.pytester.makepyfile(test_plain="def test_plain(): pass")
    assert project.run(mode=mode).ret == status


def test_a_skipped_file_of_other_tests_is_no_claim(project: Project, mode: str) -> None:
    project.pytester.makepyfile(test_skipped=f"import pytest\n{SKIPPED}", test_plain="def test_plain(): pass")
    assert project.run(mode=mode).ret == 0


ONE = """
@stated("A")
def test_one(judge):
    judge(found())
"""


@pytest.mark.parametrize(("arguments", "told"), [
    ((HERE,), [f"it ran {HERE} alone"]),
    (("--pyargs", "mine.paper"), ["it ran mine/paper alone"]),
    (("--pyargs", "mine/paper"), ["it ran mine/paper alone"]),
    (("--pyargs", "mine.paper.test_one"), ["it ran mine/paper/test_one.py alone"]),
    ((".",), []),
])  # fmt: skip
def test_a_run_of_another_folder_is_none_of_the_suite(
    project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: list[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(project.path), *sys.path])
    project.claim(ONE, folder=HERE)
    for name in ("mine", "mine/paper"):
        project.pytester.mkdir(name)
        Path(project.path, name, "__init__.py").touch()
    project.claim(ONE.replace('"A"', '"B"'), name="test_one.py", folder="mine/paper")
    result = project.run(*arguments)
    assert result.ret == 0, result.stdout.str()
    assert selected(read_saved(project.report).report) == told
