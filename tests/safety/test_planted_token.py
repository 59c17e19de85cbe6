"""Planted credentials: whatever a claim test does with them, they are in no file and on no terminal of the run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iclgd_core.safety.redaction import MARK
from tests.plugin.project import MODES, ROOT, Project
from tests.safety import planted
from tests.waiting import HANG

LEAKING = """
import logging, os, sys, warnings
from pathlib import Path

def secrets():
    stored = Path(os.environ["HF_HOME"], "token").read_text().strip()
    return [os.environ["HF_TOKEN"], os.environ["HUGGING_FACE_HUB_TOKEN"], stored]

class Odd(UserWarning):
    def __str__(self):
        return "odd " + " ".join(secrets())

def say(**more):
    shown = " and ".join(secrets())
    print("printed", shown)
    print("printed on stderr", shown, file=sys.stderr)
    logging.getLogger("leak").error("logged %s", shown)
    warnings.warn("warned " + shown)
    warnings.warn(Odd())
    try:
        raise KeyError(shown)
    except KeyError:
        logging.getLogger("leak").exception("with its traceback")

@stated("E")
def test_exception(judge):
    shown = " and ".join(secrets())
    wide = "x" * 80 + shown + "y" * 80
    cut = {"a": ["z" * 107 + secret + "w" * 300 for secret in secrets()]}
    first, second, third = secrets()
    headers = {"Authorization": "Bearer " + first, "url": "https://me:" + second + "@hub.example"}
    say()
    try:
        open(third)
    except OSError as error:
        raise RuntimeError("401 for " + shown) from error

@stated("S")
def test_settings(judge):
    raise SettingsError("refused " + " and ".join(secrets()))

@stated("L")
def test_long_reason(judge):
    raise SettingsError("x" * 1985 + secrets()[0])

@stated("D")
@pytest.mark.parametrize("value", [secrets()[1]])
def test_details(judge, value, record_property):
    say()
    record_property("note", value)
    judge(found(), note=value, nested={"list": [value, {"deep": "got " + value}], value: 1})

@pytest.fixture
def broken():
    say()
    raise ValueError(secrets())

@stated("F")
def test_fixture(judge, broken):
    judge(found())

@stated("N")
def test_skipped(judge):
    pytest.skip("needs " + " ".join(secrets()))

@pytest.mark.xfail(reason="known: " + " ".join(secrets()))
def test_expected_to_fail():
    assert secrets() == [], secrets()

def test_comparison():
    assert {"token": secrets()[0]} == {"token": "another"}

@pytest.fixture
def ending():
    yield
    raise RuntimeError("teardown " + " ".join(secrets()))

def test_teardown(ending):
    say()
"""

BROKEN = """
print(secrets())
raise RuntimeError(secrets())
"""

LOGS = ("-o", "junit_logging=all", "--log-file=run.log")
NOISY = ("claims", "-rA", "-v", "--showlocals", "--junitxml=junit.xml", *LOGS, "-W", "always")


@pytest.fixture(autouse=True)
def summary(credentials: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Plant the credentials and ask for a CI summary; the caller's own ini makes no errors of warnings."""
    path = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def texts(project: Project, *more: str) -> Iterator[tuple[str, str]]:
    """Yield all files of a nested run with their names, but those that hold the test itself, and what was shown."""
    for path in sorted(project.path.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            yield str(path.relative_to(project.path)), path.read_text(encoding="utf-8", errors="replace")
    for number, text in enumerate(more):
        yield f"output {number}", text


def leaks(project: Project, *more: str) -> list[str]:
    """Name each place that holds a credential, or a half of one."""
    return [
        f"{name}: {part} in {text[max(0, text.index(part) - 60) : text.index(part) + 60]!r}"
        for name, text in texts(project, *more)
        for part in (*planted.ALL, *planted.FRAGMENTS)
        if part in text
    ]


@pytest.mark.parametrize(
    ("mode", "style"), [("plain", "auto"), ("plain", "native"), ("plain", "line"), ("n0", "auto"), ("n2", "auto")]
)
def test_no_credential_leaves_a_run(project: Project, mode: str, style: str, summary: Path) -> None:
    project.claim(LEAKING)
    project.claim(LEAKING + BROKEN, "test_broken.py")
    result = project.run(*NOISY, f"--tb={style}", "--continue-on-collection-errors", mode=mode)
    shown, errors = result.stdout.str(), result.stderr.str()
    assert "INTERNALERROR" not in shown, shown
    assert leaks(project, shown, errors) == []
    found = {row["id"]: row for row in project.document()["claims"]}
    assert set(found) == {"E", "S", "L", "D", "F", "N"}, "the tests that leak were run"
    assert found["S"]["reason"].startswith(f"refused {MARK} and {MARK}")
    assert found["D"]["details"]["note"] == MARK
    assert shown.count(MARK) > 40
    for name in ("junit.xml", "claims.json", "index.html", "claims.md", "summary.md", "run.log"):
        if not (name == "run.log" and mode == "n2"):
            (held,) = [text for path, text in texts(project) if Path(path).name == name]
            assert MARK in held.replace("\\", ""), name  # Markdown escapes brackets


def test_with_capture_switched_off(project: Project) -> None:
    project.claim(LEAKING)
    result = project.run("claims", "-s", "-rA", "-o", "log_cli=true", "-W", "always")
    assert "printed [redacted]" in result.stdout.str()
    assert leaks(project, result.stdout.str(), result.stderr.str()) == []


def test_a_file_that_cannot_be_collected(project: Project) -> None:
    project.claim(LEAKING + BROKEN)
    result = project.run("claims", "--showlocals", "--junitxml=junit.xml")
    assert "RuntimeError" in result.stdout.str()
    assert leaks(project, result.stdout.str(), result.stderr.str()) == []


@pytest.mark.parametrize("hook", ["pytest_configure", "pytest_collection_modifyitems", "pytest_report_header"])
def test_errors_of_the_run_itself(project: Project, hook: str) -> None:
    project.claim(LEAKING)
    with (project.path / "conftest.py").open("a") as conftest:
        conftest.write(f"\nimport os, pytest\ndef {hook}(config):\n    raise ValueError(os.environ['HF_TOKEN'])\n")
    result = project.run("claims")
    assert "ValueError" in result.stdout.str() + result.stderr.str()
    assert leaks(project, result.stdout.str(), result.stderr.str()) == []


def test_errors_in_a_worker(project: Project) -> None:
    project.claim(LEAKING)
    with (project.path / "conftest.py").open("a") as conftest:
        conftest.write("""
import os
def pytest_collection_modifyitems(config):
    if hasattr(config, "workerinput"):
        raise ValueError(os.environ['HF_TOKEN'])
""")
    result = project.pytester.runpytest("-n1", "claims")
    assert "ValueError" in result.stdout.str() + result.stderr.str()
    assert leaks(project, result.stdout.str(), result.stderr.str()) == []


def test_usage_errors(project: Project) -> None:
    project.claim(LEAKING)
    result = project.run("claims", f"--iclgd-model={planted.BY_FORM}", f"--iclgd-tier={planted.BY_VALUE}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert MARK in result.stderr.str()
    assert leaks(project, result.stdout.str(), result.stderr.str()) == []


def test_the_header_that_other_plugins_fill(project: Project) -> None:
    project.claim(LEAKING)
    with (project.path / "conftest.py").open("a") as conftest:
        conftest.write("""
import os, pytest
@pytest.hookimpl(trylast=True, optionalhook=True)
def pytest_iclgd_run(config, run):
    run["endpoint"] = "https://me:secret@hub.example"
    run["cluster"] = {os.environ["HF_TOKEN"]: [os.environ["HUGGING_FACE_HUB_TOKEN"]]}
""")
    project.run("claims")
    run = project.document()["run"]
    assert run["endpoint"] == f"https://{MARK}@hub.example"
    assert run["cluster"] == {MARK: [MARK]}
    assert leaks(project) == []


@pytest.mark.parametrize("flags", [MODES["plain"], MODES["n2"]], ids=["plain", "n2"])
def test_the_journal_of_a_killed_run(project: Project, flags: tuple[str, ...]) -> None:
    waiting = "@stated('W')\ndef test_wait(judge):\n    import os, signal; os.kill({}, signal.SIGKILL)\n"
    project.claim(LEAKING + waiting.format("os.getppid() if 'PYTEST_XDIST_WORKER' in os.environ else os.getpid()"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "claims", "--showlocals", *flags],
        cwd=project.path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert MARK in (project.report_folder() / "evidence.jsonl").read_text()
    assert leaks(project, done.stdout, done.stderr) == []
