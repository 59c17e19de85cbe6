"""Every folder of claims is a mark, and the mark selects what the folder holds."""

import pytest

BODY = """
from iclgd_core.evidence.claim import Source, claim
@claim("E1", Source("A paper", "0000.00000").at("somewhere"), "a statement", "its contrary", needs_icl=False)
def test_{name}(): pass
def test_no_claim(): pass
"""


def collect(
    pytester: pytest.Pytester, *arguments: str, folders: tuple[str, ...] = ("dai", "other")
) -> pytest.RunResult:
    """Run two tests in each folder, one of them a claim."""
    pytester.makeconftest("pytest_plugins = ['fixtures.paper_marks']")
    for name in folders:
        pytester.mkdir(name).joinpath(f"test_{name}.py").write_text(BODY.format(name=name), encoding="utf-8")
    return pytester.runpytest_inprocess("-q", "--strict-markers", "-p", "no:xdist", "-v", *arguments)


@pytest.mark.parametrize("mark", ["dai", "not dai"])
def test_a_mark_selects_its_folder(pytester: pytest.Pytester, mark: str) -> None:
    result = collect(pytester, "-m", mark)
    result.assert_outcomes(passed=1 if mark == "dai" else 3, deselected=3 if mark == "dai" else 1)


def test_a_folder_of_ones_own_is_a_mark(pytester: pytest.Pytester) -> None:
    collect(pytester, "-m", "mine", folders=("mine", "other")).assert_outcomes(passed=1, deselected=3)


def test_a_folder_named_as_another_mark_is_none(pytester: pytest.Pytester) -> None:
    collect(pytester, folders=("skip", "tryfirst", "other")).assert_outcomes(passed=6)


def test_the_marks_of_the_projects_claims_are_listed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['fixtures.paper_marks']")
    pytester.mkdir("claims").joinpath("dai").mkdir()
    (pytester.path / "claims" / "dai" / "test_d1.py").write_text("", encoding="utf-8")
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.dai: claims in claims/dai"])


def test_the_marks_of_the_suite_are_listed_wherever_it_lies(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['fixtures.paper_marks']")
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.shen: claims in claims/shen"])
