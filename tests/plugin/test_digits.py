"""The claim about regression in text is collected where its task is named, and nowhere else."""

from pathlib import Path

import pytest

from tests.plugin.project import Project
from tests.text_models import save_text_model

PLUGINS = ("options", "devices", "available", "selection", "judge", "resources", "arguments.plugin")
CONFTEST = f"pytest_plugins = {[f'fixtures.{name}' for name in PLUGINS] + ['reports.plugin']!r}\n"
CLAIM = """
@stated("D")
@pytest.mark.parametrize("optimizer", ["gd", "sgd1"])
def test_digits(digits, judge, optimizer):
    judge(found())

@stated("L")
def test_language(lab, judge):
    judge(found())
"""


@pytest.fixture
def claims(project: Project) -> Project:
    project.pytester.makeconftest(CONFTEST)
    project.claim(CLAIM)
    return project


@pytest.fixture
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_text_model(tmp_path_factory.mktemp("models") / "toy", ["Input: 3 7\nOutput:4"], size=300)


def collected(claims: Project, *arguments: str) -> list[str]:
    result = claims.run("--collect-only", "-q", *arguments)
    assert result.ret == 0, result.errlines
    return [line.rpartition("::")[2] for line in result.outlines if "::" in line]


@pytest.mark.parametrize("arguments", [(), ("--iclgd-task=ginc-k5",), ("--iclgd-task=linear-regression-d10",)])
def test_nothing_of_it_is_seen_elsewhere(claims: Project, arguments: tuple[str, ...]) -> None:
    found = collected(claims, *arguments, "--iclgd-model=ginc-llama-57k") if arguments else collected(claims)
    assert not [name for name in found if "test_digits" in name]
    assert [name for name in found if "test_language" in name]


def test_where_the_task_is_named_each_model_is_a_subject(claims: Project, toy: Path) -> None:
    found = collected(claims, f"--iclgd-model={toy}", "--iclgd-task=linear-digits")
    assert found == [
        "test_digits[toy-linear-digits-gd]", "test_digits[toy-linear-digits-sgd1]", "test_language[toy-linear-digits]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--iclgd-sampling=balanced",), "*sampling is 'balanced'. Allowed: text tasks whose rows are read, and this*"),
        (("--iclgd-template=dai",), "*template of task 'linear-digits' 'dai'.*Known: function, plain, spaced.*"),
        (("--iclgd-template=spaced",), "*both begin with 'Ġ'*work with it: plain, function*"),
    ],
)
def test_options_that_are_refused(claims: Project, toy: Path, arguments: tuple[str, ...], message: str) -> None:
    result = claims.run("--collect-only", f"--iclgd-model={toy}", "--iclgd-task=linear-digits", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_model_without_digits_is_refused(claims: Project) -> None:
    result = claims.run("--collect-only", "--iclgd-task=linear-digits")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no token stands for the label alone*"])
