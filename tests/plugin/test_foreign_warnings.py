"""Warnings of other code are shown once and decide nothing in claims; in tests, those of our own modules are errors."""

import warnings

import pytest

from fixtures.foreign_warnings import no_errors
from tests.plugin.project import CONFTEST, Project

ELSEWHERE = """
import warnings

warnings.warn("importing it becomes an error", DeprecationWarning)

def old(stacklevel, category=FutureWarning):
    warnings.warn("old becomes new", category, stacklevel=stacklevel)
"""
CLAIMS = """
import elsewhere

@pytest.fixture
def warned():
    elsewhere.old(1)

@pytest.mark.parametrize("category", [FutureWarning, DeprecationWarning, UserWarning, RuntimeWarning, Warning])
@pytest.mark.parametrize("stacklevel", [1, 2, 3])
@stated("T1")
def test_one(judge, warned, stacklevel, category):
    elsewhere.old(stacklevel, category)
    judge(found())
"""
STERN = """
@stated("T2")
@pytest.mark.filterwarnings("error")
def test_two(judge):
    elsewhere.old(2)
    judge(found())
"""
WARM = "filterwarnings =\n    ignore:Module already imported\n"
"""Warm workers (see `project`) have plugins in memory, of which pytest warns before it loads ours."""

SETTINGS = {"none": WARM, "all are errors": WARM.replace("=\n", "=\n    error\n")}
HOLDING = """
from fixtures.foreign_warnings import hold_own_modules_to_errors

def pytest_configure(config):
    hold_own_modules_to_errors(config)
"""
TESTS = """
import warnings
import elsewhere
import pytest

def test_that_warns():
    warnings.warn("ours", UserWarning)

def test_that_calls_what_warns_of_its_caller():
    elsewhere.old(2)

def test_that_calls_what_warns_of_itself():
    elsewhere.old(1)

def test_of_what_is_allowed_to_warn():
    warnings.warn("a measurement was not kept: no space", UserWarning)
"""


@pytest.fixture(autouse=True)
def elsewhere(project: Project) -> None:
    """A module of somebody else's."""
    (project.path / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    project.pytester.makeconftest(f"import sys\nsys.path.insert(0, {str(project.path)!r})\n{CONFTEST}")


@pytest.mark.parametrize("settings", SETTINGS)
def test_claims_are_judged_and_each_warning_is_shown_once(project: Project, mode: str, settings: str) -> None:
    project.ini(SETTINGS[settings])
    project.claim(CLAIMS + STERN)
    result = project.run(mode=mode)
    result.assert_outcomes(passed=16, warnings=6)
    assert set(project.verdicts().values()) == {"supported"}
    text = result.stdout.str()
    for category in ("FutureWarning", "DeprecationWarning", "UserWarning", "RuntimeWarning", " Warning"):
        assert text.count(f"{category}: old becomes new") == 1
    assert text.count("DeprecationWarning: importing it becomes an error") == 1
    result.stdout.fnmatch_lines(["*FutureWarning: old becomes new*", "*(* times)*"])


def test_a_warning_that_is_ignored_stays_so(project: Project, mode: str) -> None:
    project.ini(f"{SETTINGS['all are errors']}    ignore:old becomes\n")
    project.claim(CLAIMS)
    result = project.run(mode=mode)
    assert "old becomes new" not in result.stdout.str()


def test_tests_fail_by_warnings_of_our_own_modules_alone(project: Project, mode: str) -> None:
    project.claim(CLAIMS)
    folder = project.path / "tests"
    folder.mkdir()
    (folder / "conftest.py").write_text(HOLDING, encoding="utf-8")
    (folder / "test_own.py").write_text(TESTS, encoding="utf-8")
    result = project.run("tests", "claims", mode=mode)
    result.assert_outcomes(passed=17, failed=2)
    result.stdout.fnmatch_lines_random([
        "FAILED tests/test_own.py::test_that_warns *",
        "FAILED tests/test_own.py::test_that_calls_what_warns_of_its_caller *",
        "*elsewhere.py:7: FutureWarning: old becomes new",
        "*UserWarning: a measurement was not kept: no space",
    ])  # fmt: skip


def test_our_modules_are_told_from_others() -> None:
    """A module whose name merely begins like one of ours is somebody else's."""
    with pytest.raises(UserWarning, match="ours"):
        warnings.warn_explicit("ours", UserWarning, "a.py", 1, "iclgd_core.models.language.answering")
    with pytest.warns(UserWarning, match="theirs"):
        warnings.warn_explicit("theirs", UserWarning, "a.py", 1, "iclgd_core_of_others")


def test_other_settings_than_errors_stay() -> None:
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.filterwarnings("error", "a message", FutureWarning, "a_module", 3)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        before = list(warnings.filters)
        with no_errors():
            assert list(warnings.filters) == [before[0], ("default", *before[1][1:])]
        assert list(warnings.filters) == before
