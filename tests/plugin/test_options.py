"""Options: what they resolve to, and one clear message for each that cannot be used."""

import os
from pathlib import Path

import pytest

from fixtures import environment
from fixtures.option_list import OPTIONS, Option
from fixtures.options import options_of
from tests.plugin.project import Project, no_traceback

BAD = [
    (("--iclgd-device", "gpu"), "--iclgd-device is 'gpu'. Allowed: auto, cpu, cuda, cuda:N, spread."),
    (("--iclgd-device", "cuda:x"), "--iclgd-device is 'cuda:x'."),
    (("--iclgd-dtype", "float16"), "--iclgd-dtype is 'float16'. Allowed: auto, float32, float64, bfloat16."),
    (("--iclgd-dtype", "bfloat16"), "Allowed: float32 or float64 on CPU."),
    (("--iclgd-sampling", "fair"), "--iclgd-sampling is 'fair'. Allowed: natural, balanced."),
    (("--iclgd-max-words", "0"), "--iclgd-max-words is '0'. Allowed: a whole number from 1 to 999999999."),
    (("--iclgd-max-memory", "much"), "--iclgd-max-memory is 'much'. Allowed: an amount of memory"),
    (("--iclgd-seed", "-1"), "--iclgd-seed is '-1'. Allowed: a whole number from 0 upwards."),
    (("--iclgd-seed", "1.5"), "--iclgd-seed is '1.5'."),
    (("--iclgd-tier", "huge"), "--iclgd-tier is 'huge'. Allowed: smoke, quick, real, full."),
    (("--iclgd-tier", "quick,episodes=4"), "Allowed: smoke, quick, real, full."),
    (("--iclgd-episodes", "1"), "--iclgd-episodes is '1'. Allowed: a whole number from 2 to 999999999."),
    (("--iclgd-episodes", "9" * 5000), "Allowed: a whole number from 2 to 999999999."),
    (("--iclgd-queries", "0"), "--iclgd-queries is '0'. Allowed: a whole number from 1 to 999999999."),
    (("--iclgd-queries", "\u0664"), "Allowed: a whole number from 1 to 999999999."),
    (("--iclgd-model", "a", "--iclgd-model", "a"), "'a' is given twice"),
    (("--iclgd-task", "a", "--iclgd-task", "a"), "'a' is given twice"),
    (("-n2", "--dist", "loadgroup"), "--dist is 'loadgroup'. Allowed: load, worksteal"),
    (("--iclgd-plan", "--iclgd-report", "x"), "no report together with --iclgd-plan"),
    (("--iclgd-report", "tox.ini/x"), "--iclgd-report is '*tox.ini is a file"),
    (("--iclgd-cache", "tox.ini/x"), "--iclgd-cache is '*tox.ini is a file"),
    (("-n2", "--iclgd-report", "tox.ini/x"), "--iclgd-report is '*tox.ini is a file"),
    (("--iclgd-expected", "nowhere"), "--iclgd-expected is '*Allowed: an existing directory"),
]


def test_limits_are_part_of_the_tier(project: Project) -> None:
    for given, tier in (
        ((), "quick"),
        (("--iclgd-episodes=12",), "quick,episodes=12"),
        (("--iclgd-tier=smoke", "--iclgd-queries=4"), "smoke,queries=4"),
        (("--iclgd-queries=8", "--iclgd-episodes=12", "--iclgd-tier=real"), "real,episodes=12,queries=8"),
    ):
        assert options_of(project.pytester.parseconfig(*given)).tier == tier


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


VALUED = [option for option in OPTIONS if option.kind != "flag"]


@pytest.mark.parametrize("value", ["", "  "], ids=["nothing", "spaces"])
@pytest.mark.parametrize("option", VALUED, ids=lambda option: option.dest)
def test_an_empty_value_is_refused(project: Project, option: Option, value: str) -> None:
    """An unset variable, as in `--iclgd-baseline=$BASELINE`, must not drop a gate or choose the current directory."""
    with pytest.raises(pytest.UsageError) as refused:
        project.pytester.parseconfigure(f"{option.flag}={value}")
    shown = repr([value] if option.kind == "list" else value)
    assert str(refused.value).startswith(f"{option.flag} is {shown}. Allowed: a value ({option.metavar}).")
    assert sorted(path.name for path in project.path.iterdir()) == ["conftest.py", "tox.ini"]


@pytest.mark.parametrize("option", VALUED, ids=lambda option: option.dest)
def test_an_empty_value_in_the_ini_file_is_refused(project: Project, option: Option) -> None:
    project.ini("" if option.dest == "iclgd_device" else f"{option.dest} =\n")
    override = ["-o", f"{option.dest}="] if option.dest == "iclgd_device" else []
    with pytest.raises(pytest.UsageError, match=f"^{option.dest} in the ini file is .* Allowed: a value"):
        project.pytester.parseconfigure(*override)


def test_an_empty_entry_among_others_is_refused(project: Project) -> None:
    with pytest.raises(pytest.UsageError, match=r"--iclgd-model is \['a', ''\]"):
        project.pytester.parseconfigure("--iclgd-model=a", "--iclgd-model=")


@pytest.mark.parametrize("value", ["", "perhaps"])
@pytest.mark.parametrize("option", [option for option in OPTIONS if option.kind == "flag"], ids=lambda o: o.dest)
def test_a_flag_in_the_ini_file_that_is_neither_true_nor_false_is_refused(
    project: Project, option: Option, value: str
) -> None:
    project.ini(f"{option.dest} = {value}\n")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{option.dest}*"])
    no_traceback(result)


def test_an_empty_baseline_is_refused_before_work_starts(project: Project, mode: str) -> None:
    project.claim('from pathlib import Path\nPath("collected").touch()\n')
    result = project.run("claims", "--iclgd-baseline=", mode=mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --iclgd-baseline is ''. Allowed: a value (PATH).*leave the option out."])
    assert not (project.path / "collected").exists()


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


PLACES = ("iclgd_data", "iclgd_report", "iclgd_cache", "iclgd_expected", "iclgd_baseline")


def test_each_relative_path_in_the_ini_file_belongs_to_the_root_directory(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directories, and the folder or file of a model or task, wherever pytest is called; names that are none stay."""
    project.pytester.mkdir("place")
    project.pytester.mkdir("below")
    for name in ("mine.toml", "mine.py", "mine.gguf", "smollm2-135m"):
        (project.path / name).touch()
    lists = {
        "iclgd_model": ["place", "mine.gguf", "no.gguf", "smollm2-135m", "ginc-llama-57k", "owner/name"],
        "iclgd_task": ["mine.toml", "mine.py:Mine", "nowhere.toml", "ginc-k5"],
    }
    lines = [f"{name} = place\n" for name in PLACES]
    lines += [f"{name} =\n" + "".join(f"  {value}\n" for value in values) for name, values in lists.items()]
    project.ini("".join(lines))
    monkeypatch.chdir(project.path / "below")
    options = options_of(project.pytester.parseconfig("--rootdir", "..", "-c", "../tox.ini"))
    root = project.path
    assert {options.text.data, options.report, options.cache, options.expected, options.baseline} == {root / "place"}
    names = ("no.gguf", "smollm2-135m", "ginc-llama-57k", "owner/name")
    assert options.models == (str(root / "place"), str(root / "mine.gguf"), *names)
    assert options.tasks == (str(root / "mine.toml"), f"{root / 'mine.py'}:Mine", "nowhere.toml", "ginc-k5")
    monkeypatch.chdir(root)
    assert options_of(project.pytester.parseconfig()).models == ("place", "mine.gguf", *names)


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
