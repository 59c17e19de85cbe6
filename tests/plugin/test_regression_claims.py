"""Which claims a run collects by the kind of the models it names, and what the precondition does to them."""

import pytest

from tests.plugin.project import MODES, Project

PLUGINS = ("options", "devices", "available", "selection", "judge", "resources", "arguments.plugin")
CONFTEST = f"pytest_plugins = {[f'fixtures.{name}' for name in PLUGINS] + ['reports.plugin', 'reports.survival']}"
BODY = """
from iclgd_core.stats import paired_greater

@stated("R1")
def test_all(regression, judge):
    lab = regression
    right = lab.episodes().yq
    judge(paired_greater(lab.npd(lab.zero_shot(), right), lab.npd(lab.in_context()[:, 0], right),
                         margin=0.0, quantity="error lost"))

@stated("R2", needs_icl=False)
@pytest.mark.regression("constructed-lsa-1")
@pytest.mark.parametrize("number", ["a", "b"])
def test_one(regression, judge, number):
    judge(found())

@stated("L1")
def test_language(lab, judge):
    judge(found())

@stated("N1", needs_icl=False)
def test_neither(judge):
    judge(found())

def test_no_claim():
    pass
"""


@pytest.fixture
def mixed(project: Project) -> Project:
    project.pytester.makeconftest(CONFTEST)
    project.claim(BODY)
    return project


def names(result: pytest.RunResult) -> set[str]:
    """Return the collected tests, each as function[first words of its model]."""
    return {line.split("::")[1] for line in result.outlines if "::" in line}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--iclgd-model=constructed-lsa-1",),
            {"test_all[constructed-lsa-1-linear-regression-d10]", "test_one[constructed-lsa-1-linear-regression-d10-a]",
             "test_one[constructed-lsa-1-linear-regression-d10-b]", "test_neither", "test_no_claim"},
        ),
        (
            ("--iclgd-model=constructed-lsa-4",),
            {"test_all[constructed-lsa-4-linear-regression-d10]", "test_neither", "test_no_claim"},
        ),
        (("--iclgd-model=ginc-llama-57k",), {"test_language[ginc-llama-57k-ginc-k5]", "test_neither", "test_no_claim"}),
        (
            ("--iclgd-model=constructed-lsa-4", "--iclgd-model=ginc-llama-57k"),
            {"test_all[constructed-lsa-4-linear-regression-d10]", "test_language[ginc-llama-57k-ginc-k5]",
             "test_neither", "test_no_claim"},
        ),
        (
            ("--iclgd-model=constructed-lsa-4", "--iclgd-task=linear-regression-d10-half"),
            {"test_all[constructed-lsa-4-linear-regression-d10-half]", "test_neither", "test_no_claim"},
        ),
    ],
    ids=["regression", "another", "language", "both", "task"],
)  # fmt: skip
def test_a_run_collects_claims_of_the_kinds_it_names(
    mixed: Project, arguments: tuple[str, ...], expected: set[str]
) -> None:
    assert names(mixed.run("--collect-only", "-q", *arguments)) == expected


def test_a_run_that_names_nothing_collects_both_kinds(mixed: Project) -> None:
    found = names(mixed.run("--collect-only", "-q"))
    assert {"test_language[ginc-llama-794k-ginc-k5]", "test_all[untrained-lsa-1-linear-regression-d10]"} < found
    assert "test_one[constructed-lsa-1-linear-regression-d10-a]" in found
    assert not [name for name in found if name.startswith("test_one[constructed-lsa-4")]


@pytest.mark.parametrize("task", ["ginc-k5", "linear-regression-d10-half"])
def test_a_task_alone_says_the_kind_too(mixed: Project, task: str) -> None:
    found = names(mixed.run("--collect-only", "-q", f"--iclgd-task={task}"))
    assert any("test_language" in name for name in found) is (task == "ginc-k5")
    assert any("test_all" in name for name in found) is (task != "ginc-k5")


def test_verdicts_and_the_precondition(mixed: Project) -> None:
    arguments = ("--iclgd-model=constructed-lsa-1", "--iclgd-model=untrained-lsa-1")
    result = mixed.pytester.runpytest_subprocess(
        *MODES["plain"], *arguments
    )  # waits for the resources of the run around it
    assert result.ret == 0, result.outlines
    rows = {(row["id"], row["model"]): row for row in mixed.document()["claims"]}
    assert rows["R1", "constructed-lsa-1"]["verdict"] == "supported"
    assert rows["R1", "untrained-lsa-1"]["verdict"] == "inconclusive"
    assert rows["R1", "untrained-lsa-1"]["reason"].startswith("no ICL: normalised squared error")
    assert ("R2", "untrained-lsa-1") not in rows
    assert rows["R1", "constructed-lsa-1"]["task"] == "linear-regression-d10"
    assert rows["R1", "constructed-lsa-1"]["protocol"]["precondition"].startswith("squared error with demonstrations")
    assert rows["R1", "constructed-lsa-1"]["protocol"]["queries"] == 8
    assert rows["R1", "constructed-lsa-1"]["details"]["model_sha256"].keys() == {"constructed-lsa-1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--iclgd-model=constructed-lsa-7",), "*unknown model 'constructed-lsa-7'. Nearest: constructed-lsa-4, *"),
        (("--iclgd-model=ginc-nonesuch",), "*unknown model 'ginc-nonesuch'.*For regression: constructed-*"),
        (("--iclgd-task=nonesuch",), "*unknown task 'nonesuch'.*For regression: linear-regression-d10*"),
    ],
)
def test_unknown_names_list_both_kinds(mixed: Project, arguments: tuple[str, ...], message: str) -> None:
    result = mixed.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_task_that_a_named_model_cannot_read_is_refused(mixed: Project) -> None:
    result = mixed.run("--iclgd-model=constructed-lsa-1", "--iclgd-task=linear-regression-d5-gaussian")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --iclgd-task is 'linear-regression-d5-gaussian'. Allowed: with model constr*"])


def test_a_models_name_in_a_mark_stands_for_itself_and_another_text_for_a_beginning(mixed: Project) -> None:
    mixed.claim(
        """
@stated("R3")
@pytest.mark.regression("icl-objective-lsa-1", "constructed-gd")
def test_marked(regression, judge): ...
""",
        "test_marked.py",
    )
    found = {name for name in names(mixed.run("--collect-only", "-q")) if "marked" in name}
    assert found == {
        "test_marked[icl-objective-lsa-1-linear-regression-d10]",
        "test_marked[constructed-gd++-4-linear-regression-d10]",
    }
