"""An error about a text task names the option that it is about, as it was given."""

import json
from pathlib import Path

import pytest

from iclgd_core.hub.versions import VersionError
from tests.plugin.project import Project, no_traceback
from tests.text_models import save_text_model

PLUGINS = ("options", "devices", "available", "selection", "judge", "resources", "arguments.plugin")
CONFTEST = f"pytest_plugins = {[f'fixtures.{name}' for name in PLUGINS] + ['reports.plugin']!r}\n"
TASK = """
name = "mine"
fields = ["text"]
classes = ["good", "bad"]
folder = "rows"
template = [
  { name = "plain", layout = "{text} Label:", words = { good = "good", bad = "bad" } },
  { name = "digits", layout = "{text} Label:", words = { good = "1", bad = "2" } },
]
"""


@pytest.fixture
def claims(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a claim about language models, a task file and its rows, and folders of other rows."""
    project.pytester.makeconftest(CONFTEST)
    project.claim('@stated("L")\ndef test_language(lab, judge):\n    judge(found())\n')
    (project.path / "mine.toml").write_text(TASK)
    for folder, classes in (("rows", 2), ("one", 1), ("three", 3)):
        (project.path / folder).mkdir()
        rows = [{"text": f"it is {n}", "label": n % classes} for n in range(300)]
        (project.path / folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return project


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = ["it is so Label: good", "it is so Label: bad", "good bad"] * 20
    return save_text_model(tmp_path_factory.mktemp("models") / "toy", texts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--iclgd-task=mine.toml", "--iclgd-template=plane"),
            "--iclgd-template: unknown template of task 'mine' 'plane'.",
        ),
        (
            ("--iclgd-task=linear-digits", "--iclgd-template=dai"),
            "--iclgd-template: unknown template of task 'linear-d",
        ),
        (
            ("--iclgd-task=mine.toml", "--iclgd-template=digits"),
            "--iclgd-template: template 'digits':*work with it: plain",
        ),
        (("--iclgd-task=mine.toml", "--iclgd-data=nowhere"), "--iclgd-data: task mine.toml: no such folder: *nowhere"),
        (("--iclgd-task=mine.toml", "--iclgd-data=one"), "--iclgd-data: *has no train row of class 'bad'"),
        (("--iclgd-task=mine.toml", "--iclgd-data=three"), "--iclgd-data: *label 2 is out of range"),
        (
            ("--iclgd-task=mine.toml", "--iclgd-max-words=2"),
            "--iclgd-max-words: *0 train rows and 0 held-out rows with",
        ),
        (("--iclgd-task=sst2",), "--iclgd-task: 1 of what this run needs*data set stanfordnlp/sst2"),
        (("--iclgd-task=nonesuch",), "--iclgd-task: unknown task 'nonesuch'*For regression: *linear-regression-d10"),
    ],
    ids=lambda value: "_".join(value).replace("--iclgd-", "") if isinstance(value, tuple) else "",
)
def test_the_option_is_named(claims: Project, toy: Path, arguments: tuple[str, ...], message: str) -> None:
    result = claims.run("--collect-only", f"--iclgd-model={toy}", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    shown = " ".join(result.errlines)
    assert shown.startswith(f"ERROR: {message.split('*')[0]}"), shown
    for part in message.split("*"):
        assert part in shown
    assert "For regression" not in shown or "nonesuch" in shown
    no_traceback(result)


def test_the_ini_file_is_named_where_it_gave_the_value(claims: Project, toy: Path) -> None:
    claims.ini("iclgd_template = plane\niclgd_task = mine.toml\n")
    result = claims.run("--collect-only", f"--iclgd-model={toy}")
    result.stderr.fnmatch_lines(["ERROR: iclgd_template in the ini file: unknown template of task 'mine' 'plane'.*"])
    claims.ini("iclgd_task = sst2\n")
    result = claims.run("--collect-only", "--iclgd-model=some/model")
    result.stderr.fnmatch_lines(
        ["ERROR: --iclgd-model and iclgd_task in the ini file: 2 of what this run needs is not*"]
    )


def test_balanced_sampling_is_named(claims: Project, toy: Path) -> None:
    rows = [{"text": f"it is {n}", "label": int(n == 0)} for n in range(300)]
    for split in ("train", "test"):
        (claims.path / "rows" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        rows = [{**row, "text": f"{row['text']}, too", "label": n % 2} for n, row in enumerate(rows)]
    (claims.path / "mine.toml").write_text(TASK.replace('folder = "rows"', 'folder = "rows"\nheld_out = "test"'))
    result = claims.run("--collect-only", f"--iclgd-model={toy}", "--iclgd-task=mine.toml", "--iclgd-sampling=balanced")
    result.stderr.fnmatch_lines(
        ["ERROR: --iclgd-sampling: task mine.toml: balanced sampling needs rows of every class*"]
    )


def test_a_library_that_is_too_old_is_no_option(claims: Project, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise VersionError("transformers is too old")

    monkeypatch.setattr("fixtures.available.check_versions", refuse)
    result = claims.run("--collect-only", f"--iclgd-model={toy}")
    result.stderr.fnmatch_lines(["ERROR: transformers is too old"])
