"""No test depends on how fast or how busy a machine is: what does so is written in one place, `tests.waiting`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALLOWED = {
    "waiting.py": "the guard against hanging, the poll of what must happen, and the clock that does not go",
    "test_untimed.py": "this file names what it looks for",
    "learners/gd/sharded/stubborn.py": "goes on sleeping between two looks of the watch, which it lets a test count",
}
CLOCKS = re.compile(
    r"^\s*(import|from)\b.*\btime\b|\b(sleep|monotonic|perf_counter|process_time)(_ns)?\(|\btime\.time(_ns)?\("
    r"|\bdatetime\.now|\bmark\.timeout|--timeout=",
    re.MULTILINE,
)
"""Clocks and pauses, in programs that tests write as text too."""


def timed(source: str) -> Iterator[str]:
    """Yield each line of a test file that looks at a clock, pauses, or gives up after some seconds."""
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if CLOCKS.search(line):
            yield f"{number}: {line.strip()}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and gives_up(node):
            yield f"{node.lineno}: {lines[node.lineno - 1].strip()}"


def gives_up(call: ast.Call) -> bool:
    """Return whether a call has a limit in seconds of its own, rather than HANG or none at all."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    waits = isinstance(call.func, ast.Attribute) and call.func.attr in ("wait", "join", "acquire", "communicate")
    limits = [named.get("timeout"), *(call.args if waits else ())]
    checks = named.get("suppress_health_check")
    return (
        any(isinstance(limit, ast.Constant) and is_seconds(limit.value) for limit in limits)
        or ast.dump(named.get("deadline", ast.Constant(None))) != ast.dump(ast.Constant(None))
        or (checks is not None and "too_slow" not in ast.dump(checks))
    )


def is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value != 0


def test_no_test_depends_on_speed() -> None:
    paths = {path.relative_to(HERE).as_posix(): path for path in HERE.rglob("*.py")}
    lines = {name: list(timed(path.read_text(encoding="utf-8"))) for name, path in paths.items() if name not in ALLOWED}
    assert {name: found for name, found in lines.items() if found} == {}, "see tests/waiting.py for what to use instead"


def test_what_is_allowed_is_there() -> None:
    assert [name for name in ALLOWED if not list(timed((HERE / name).read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "import os, time",
        "from time import sleep as s",
        "sleep(1)",
        "PROGRAM = 'x = 1; time.sleep(0.5)'",
        "start = perf_counter_ns()",
        "assert time.time() < end",
        "datetime.now(UTC)",
        "@pytest.mark.timeout(3)\ndef test(): pass",
        "run('--timeout=3')",
        "subprocess.run(command, timeout=120)",
        "process.communicate(timeout=0.5)",
        "thread.join(5)",
        "event.wait(60)",
        "lock.acquire(True, 2.5)",
        "settings(deadline=200)",
        "settings(deadline=timedelta(seconds=1))",
        "settings(suppress_health_check=[HealthCheck.function_scoped_fixture])",
    ],
)
def test_what_depends_on_speed_is_seen(source: str) -> None:
    assert len(list(timed(source))) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "from tests.waiting import HANG, until",
        "subprocess.run(command, timeout=HANG)",
        "process.wait()",
        "thread.join(HANG)",
        "'pip install --timeout 15'",
        "', '.join(names)",
        "os.path.join(folder, 'a')",
        "lock.acquire(timeout=0)",
        "lock.acquire(blocking=False)",
        "lock.acquire(False)",
        "settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])",
        "monkeypatch.setattr(lease, 'time', Clock())",
        "def runtime(): ...",
    ],
)
def test_what_does_not_is_let_by(source: str) -> None:
    assert list(timed(source)) == []
