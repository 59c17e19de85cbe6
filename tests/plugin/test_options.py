"""Options: what they resolve to, and one clear message for each that cannot be used."""

import os
from pathlib import Path

import pytest

from fixtures import environment
from fixtures.options import options_of
from tests.plugin.project import Project, no_traceback

BAD = [
    (("--iclgd-device", "gpu"), "--iclgd-device is 'gpu'. Allowed: auto, cpu, cuda, cuda:N, spread."),
    (("--iclgd-device", "cuda:x"), "--iclgd-device is 'cuda:x'."),
    (("--iclgd-dtype", "float16"), "--iclgd-dtype is 'float16'. Allowed: auto, float32, float64, bfloat16."),
    (("--iclgd-dtype", "bfloat16"), "Allowed: float32 or float64 on CPU."),
    (("--iclgd-sampling", "fair"), "--iclgd-sampling is 'fair'. Allowed: natural, balanced."),
    (("--iclgd-max-words", "0"), "--iclgd-max-words is '0'. Allowed: a whole number from 1 upwards."),
    (("--iclgd-max-memory", "much"), "--iclgd-max-memory is 'much'. Allowed: an amount of memory"),
    (("--iclgd-seed", "-1"), "--iclgd-seed is '-1'. Allowed: a whole number from 0 upwards."),
    (("--iclgd-seed", "1.5"), "--iclgd-seed is '1.5'."),
    (("--iclgd-tier", "huge"), "--iclgd-tier is 'huge'. Allowed: quick, full."),
    (("--iclgd-model", "a", "--iclgd-model", "a"), "'a' is given twice"),
    (("--iclgd-task", "a", "--iclgd-task", "a"), "'a' is given twice"),
    (("-n2", "--dist", "loadgroup"), "--dist is 'loadgroup'. Allowed: load, worksteal"),
    (("--iclgd-plan", "--iclgd-report", "x"), "no report together with --iclgd-plan"),
    (("--iclgd-report", "tox.ini/x"), "--iclgd-report is '*tox.ini is a file"),
    (("--iclgd-cache", "tox.ini/x"), "--iclgd-cache is '*tox.ini is a file"),
    (("-n2", "--iclgd-report", "tox.ini/x"), "--iclgd-report is '*tox.ini is a file"),
    (("--iclgd-expected", "nowhere"), "--iclgd-expected is '*Allowed: an existing directory"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: "_".join(value[:4]).strip("-")[:40])
def test_a_bad_option_is_refused_before_work_starts(project: Project, arguments: tuple[str, ...], message: str) -> None:
    project.claim('from pathlib import Path\nPath("collected").touch()\n')
    result = project.pytester.runpytest("claims", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{message}*"])
    no_traceback(result)
    assert not (project.path / "collected").exists()


def test_a_bad_value_in_the_ini_file_is_named_as_such(project: Project) -> None:
    project.ini("iclgd_tier = huge\n")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: iclgd_tier in the ini file is 'huge'*"])


def test_a_cuda_device_that_is_not_there(project: Project) -> None:
    torch = pytest.importorskip("torch")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    result = project.run("--iclgd-device", f"cuda:{count}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --iclgd-device is 'cuda:{count}'. Allowed: *"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--iclgd-model", "ginc-nonesuch"), "ERROR: --iclgd-model: unknown model 'ginc-nonesuch'.*Known:*"),
        (("--iclgd-model", "some/model"), "Type `iclgd prefetch --model some/model` on a machine with network,*"),
        (("--iclgd-task", "ginc-k4"), "ERROR: --iclgd-task: unknown task 'ginc-k4'. Nearest:*"),
    ],
    ids=["model", "hub model", "task"],
)
def test_unknown_names_are_refused(project: Project, arguments: tuple[str, str], message: str) -> None:
    project.pytester.makeconftest('pytest_plugins = ["fixtures.options", "fixtures.selection"]')
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    no_traceback(result)


def test_command_line_wins_over_ini_over_default(project: Project) -> None:
    project.ini("iclgd_seed = 5\niclgd_tier = full\niclgd_cache = store\niclgd_model =\n  a\n  b\n")
    options = options_of(project.pytester.parseconfigure("--iclgd-seed", "6", "--iclgd-fresh"))
    assert (options.seed, options.tier, options.dtype, options.device) == (6, "full", "auto", "cpu")
    assert (options.models, options.tasks, options.fresh, options.plan) == (("a", "b"), (), True, False)
    assert options.cache == project.path / "store"
    assert options.report == project.path / ".iclgd" / "report"
    assert options.given["--iclgd-seed"] == "6"
    assert not options.cache.exists()


def test_a_path_on_the_command_line_belongs_to_the_callers_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pytester.mkdir("below")
    monkeypatch.chdir(project.path / "below")
    options = options_of(project.pytester.parseconfigure("--rootdir", "..", "--iclgd-report", "here"))
    assert options.report == project.path / "below" / "here"


def test_environment_defaults_leave_the_callers_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    environment.set_defaults()
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert os.environ["USE_HUB_KERNELS"] == "0"
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ('{"schema": "iclgd-expected/0", "entries": []}', "has another form"),
        ('{"schema": "iclgd-expected/1", "entries": [{}]}', "entry 0: missing or unknown fields"),
        ('{"schema": "iclgd-expected/1", "entries": [3]}', "entry 0: missing or unknown fields int"),
    ],
    ids=["json", "schema", "fields", "type"],
)
def test_malformed_expectations_are_refused(project: Project, content: str, message: str) -> None:
    project.register()
    Path(project.path, "claims", "expected", "all.json").write_text(content, encoding="utf-8")
    result = project.run("claims")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{message}*"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "proved"}, "verdict is 'proved'"),
        ({"why": " "}, "why is empty"),
        ({"params": {"size": 1}}, "params is"),
        ({"model": 3}, "model is 3"),
        ({}, "registered already"),
    ],
    ids=["verdict", "why", "params", "model", "twice"],
)
def test_a_malformed_entry_is_refused(project: Project, change: dict[str, object], message: str) -> None:
    entry = {"id": "A", "verdict": "refuted"}
    project.register(entry, entry | change)
    result = project.run("claims")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *entry 1: *{message}*"])
