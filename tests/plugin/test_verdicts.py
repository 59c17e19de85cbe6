"""All verdicts and all ways in which a claim test can end, the same in serial and parallel runs."""

from typing import Any

import pytest

from tests.plugin.project import MODES, Project, no_traceback

EVERYTHING = """
from fixtures.subject import SUBJECT, Subject

@pytest.fixture
def blind(request):
    request.node.stash[SUBJECT] = Subject("tiny", "ginc", "quick", "no gain from demonstrations")

@stated("A")
@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("kind", ["x"])
def test_supported(judge, kind, size):
    judge(found(), sd=0.5)

@stated("B")
def test_refuted_as_registered(judge):
    judge(found(0.999, 0.001))

@stated("C")
def test_inconclusive_as_registered(judge):
    judge(found(0.3, 0.7, sd=0.5, distance=0.125))

@stated("D")
def test_raises(judge):
    raise RuntimeError("wires crossed")

@stated("E")
def test_user_error(judge):
    raise SettingsError("the setting is -1")

@stated("F")
def test_skips(judge):
    pytest.skip("no second model")

@stated("G")
@pytest.mark.skip(reason="too big for this machine")
def test_skip_mark(judge):
    judge(found())

@stated("H")
def test_says_nothing():
    pass

@stated("I")
def test_twice(judge):
    judge(found())
    judge(found())

@stated("J")
def test_numpy(judge):
    import numpy
    judge(found(), effect=numpy.float64(0.5))

@stated("K")
def test_without_icl(judge, blind):
    raise AssertionError("must not be called")

@stated("L")
def test_bad_p_value(judge):
    judge(found(p_supported=1.5))

@stated("M")
def test_not_applicable(judge):
    raise NotRunError("no checkpoints")

@stated("N")
def test_broken_fixture(judge, absent):
    judge(found())

@stated("O")
@pytest.mark.xfail
def test_expected_to_fail(judge):
    raise RuntimeError("hidden by xfail")

@stated("P", needs_icl=False)
def test_needs_no_icl(judge, blind):
    judge(found(None, None, holds=True))

def test_plain():
    pass

def test_judges_without_claim(judge):
    judge(found())
"""

VERDICTS = {
    "A.x.1": "supported",
    "A.x.2": "supported",
    "B": "refuted",
    "C": "inconclusive",
    "D": "error",
    "E": "error",
    "F": "not run",
    "G": "not run",
    "H": "error",
    "I": "error",
    "J": "error",
    "K": "inconclusive",
    "L": "error",
    "M": "not run",
    "N": "error",
    "O": "error",
    "P": "supported",
}


def test_every_verdict_and_the_same_report_in_every_mode(project: Project) -> None:
    project.claim(EVERYTHING)
    project.register(
        {"id": "B", "verdict": "refuted"},
        {"id": "C", "verdict": "inconclusive"},
        {"id": "K", "verdict": "inconclusive", "model": "tiny", "task": "ginc"},
        own=("tiny", "ginc"),
    )
    documents = []
    for mode in MODES:
        result = project.run("claims", mode=mode)
        text = result.stdout.str()
        assert result.ret == 1, text
        assert "INTERNALERROR" not in text
        # D, E, H, I, J, L, M, O fail, and the test without a claim; N errors in its setup
        result.assert_outcomes(passed=7, failed=9, errors=1, skipped=2)
        assert "evidence field J.details.effect is a numpy.float64" in text
        assert "claim I: claim I is judged twice" in text
        assert "claim H: the test recorded no evidence" in text
        assert "states no claim" in text
        documents.append(without_times(project.document()))
        assert project.verdicts() == VERDICTS
    assert documents[0] == documents[1] == documents[2]
    rows = {row["id"]: row for row in documents[0]["claims"]}
    assert rows["D"]["reason"] == "RuntimeError: wires crossed"
    assert rows["E"]["reason"] == "the setting is -1"
    assert rows["F"]["reason"] == "no second model"
    assert rows["G"]["reason"] == "too big for this machine"
    assert rows["K"]["reason"] == "no gain from demonstrations"
    assert rows["A"]["details"] == {"sd": 0.5}
    assert rows["A"]["p_adjusted"] == 0.002
    assert documents[0]["summary"] == {
        "supported": 3,
        "refuted": 1,
        "inconclusive": 2,
        "error": 8,
        "not run": 3,
        "as_expected": 6,
        "not_as_expected": 11,
        "collected": 17,
        "with_evidence": 17,
    }


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    """The report without what differs between two runs."""
    for name in ("started", "finished", "workers"):
        del document["run"][name]
    for row in document["claims"]:
        assert row.pop("seconds") >= 0.0
    return document


def test_holm_turns_a_raw_supported_into_a_failure(project: Project, mode: str) -> None:
    project.claim("""
@stated("A")
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_sizes(judge, size):
    judge(found(0.02, 0.98) if size == 1 else found(0.001))
""")
    if mode == "plain":
        assert project.run("claims").ret == 0
        assert project.verdicts() == {f"A.{size}": "supported" for size in (1, 2, 3, 4)}
    alone = project.run("claims", "-k", "sizes and 1", mode=mode)
    assert alone.ret == 1
    alone.assert_outcomes(failed=1)
    alone.stdout.fnmatch_lines(["*FAILURES*", "claim A [[]size=1]: inconclusive, expected supported.", "*Holm*"])
    assert project.document()["summary"]["collected"] == 1


def test_an_unexpected_verdict_fails_at_once_without_traceback(project: Project) -> None:
    project.claim("""
@stated("A")
def test_refuted(judge):
    judge(found(0.999, 0.001))
""")
    result = project.run("claims")
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "claim A: refuted, expected supported.",
            "*estimate: 0.25 [[]0.125, 0.375], threshold 0",
            "*rule: gap > 0",
            "*source: Shen, arXiv 2310.08540, section 4",
        ]
    )
    no_traceback(result)
    assert "judge.py" not in result.stdout.str()


def test_two_tests_with_one_identity_are_an_error(project: Project) -> None:
    project.claim("""
@stated("A")
def test_one(judge):
    judge(found())

@stated("A")
def test_two(judge):
    judge(found())
""")
    result = project.run("claims")
    assert result.ret == 1
    assert project.verdicts() == {"A": "error"}
    assert "several tests record this claim" in project.document()["claims"][0]["reason"]


@pytest.mark.parametrize("registered", [False, True])
def test_a_model_without_icl_fails_unless_that_is_registered(project: Project, registered: bool) -> None:
    project.claim("""
from fixtures.subject import SUBJECT, Subject

@pytest.fixture
def blind(request):
    request.node.stash[SUBJECT] = Subject(no_icl="no gain", sha256={"tiny": "abc"})

@stated("A")
def test_one(judge, blind):
    raise AssertionError
""")
    if registered:
        project.register({"id": "A", "verdict": "inconclusive"})
    assert project.run("claims").ret == (0 if registered else 1)
    assert project.document()["run"]["model_sha256"] == {"tiny": "abc"}
