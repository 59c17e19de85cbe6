"""A claim test that is run again, as pytest-rerunfailures does: a verdict stands, an error is measured again."""

import pytest

from tests.plugin.project import CONFTEST, Project, no_traceback

AGAIN = """
import pytest
from _pytest.runner import runtestprotocol

ATTEMPTS = 3

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(1, ATTEMPTS + 1):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        again = attempt < ATTEMPTS and any(report.failed for report in reports)
        for report in reports:
            if again and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not again:
            break
        item._initrequest()
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
COUNTED = """
from fixtures.subject import SUBJECT, Subject
from iclgd_core.errors import DivergedError

RUNS = dict.fromkeys("ABCDEFG", 0)

def count(id):
    RUNS[id] += 1
    print(id, "was run", RUNS[id])
    return RUNS[id]

@stated("A")
def test_refuted(judge):
    judge(found(0.999, 0.001) if count("A") == 1 else found())

@stated("B")
def test_error(judge):
    if count("B") < 3:
        raise SettingsError("the Hub was late")
    judge(found())

@stated("C")
def test_error_after_its_verdict(judge):
    judge(found())
    assert count("C") == 3, "later"

@stated("D")
def test_diverged(judge):
    if count("D") == 1:
        raise DivergedError("loss is inf")
    judge(found())

@pytest.fixture
def late(request):
    if count("E") == 1:
        raise SettingsError("the weights were late")
    request.node.stash[SUBJECT] = Subject("tiny", "ginc")

@stated("E")
def test_named_by_its_second_attempt(judge, late):
    judge(found())

@pytest.fixture
def untidy():
    yield
    if RUNS["F"] < 2:
        raise RuntimeError("could not clean up")

@stated("F")
def test_teardown(judge, untidy):
    count("F")
    judge(found())
"""


@pytest.fixture
def again(project: Project) -> Project:
    """A project whose failed tests are run three times."""
    project.pytester.makeconftest(CONFTEST + AGAIN)
    return project


def test_a_verdict_stands_and_an_error_is_measured_again(again: Project, mode: str) -> None:
    again.claim(COUNTED)
    result = again.run("claims", "-rA", mode=mode)
    assert result.ret == 1
    no_traceback(result)
    assert again.verdicts() == {
        "A": "refuted", "B": "supported", "C": "supported", "D": "inconclusive", "E": "supported", "F": "supported",
    }  # fmt: skip
    assert [(row["model"], row["reason"]) for row in again.document()["claims"] if row["id"] == "E"] == [("tiny", "")]
    assert again.document()["run"]["complete"] is True
    result.stdout.no_fnmatch_line("*judged twice*")
    shown = result.stdout.str()
    last = {id: max((n for n in range(4) if f"{id} was run {n}" in shown), default=0) for id in "ABCDEF"}
    assert last == {"A": 1, "B": 3, "C": 3, "D": 1, "E": 2, "F": 1}


def test_judging_twice_in_one_attempt_is_an_error_all_the_same(again: Project) -> None:
    again.claim('@stated("G")\ndef test_twice(judge):\n    judge(found())\n    judge(found())\n')
    assert again.run("claims").ret == 1
    (row,) = again.document()["claims"]
    assert (row["verdict"], "judged twice" in row["reason"]) == ("error", True)
