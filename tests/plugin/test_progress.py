"""A run says how far its claims are, also within one; a run without claims says nothing."""

import json
import math
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.progress import Teller
from iclgd_core.evidence.progress import Running
from tests.plugin.project import MODES, Project, no_traceback
from tests.waiting import HANG, Clock

WAITING = """
from itertools import count
from pathlib import Path
from iclgd_core.evidence.progress import tell
from tests.waiting import until

@stated("A")
def test_waits_until_it_was_seen(judge):
    rounds = count(1)

    def seen():
        tell("rounds", next(rounds), 1000000)
        return Path("seen").exists()

    until(seen)
    judge(found())
"""


class Screen:
    """A terminal of 120 columns, and what was written to it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._end, other = pty.openpty()
        env = {**os.environ, "COLUMNS": "120", "TMPDIR": str(folder / "tmp")}
        (folder / "tmp").mkdir()
        self.process = subprocess.Popen(command, cwd=folder, stdout=other, stderr=other, stdin=other, env=env)
        os.close(other)
        self.text = ""

    def until(self, text: str) -> bool:
        """Read until a text was written; False where the process ended before, or hangs."""
        while text not in self.text:
            ready, _, _ = select.select([self._end], [], [], HANG)
            try:
                self.text += os.read(self._end, 65536).decode(errors="replace") if ready else ""
            except OSError:
                return False
            if not ready:
                return False
        return True

    def status(self) -> int:
        """Read until the process ends; return its exit status."""
        self.until("\0")
        os.close(self._end)
        return self.process.wait(HANG)


@pytest.fixture
def watched(project: Project) -> Project:
    """A nested project with a progress bar."""
    plugins = ["fixtures.options", "fixtures.judge", "fixtures.progress", "reports.plugin", "reports.progress"]
    project.pytester.makeconftest(f"pytest_plugins = {plugins}")
    return project


@pytest.mark.parametrize("mode", sorted(MODES))
def test_the_line_on_a_terminal_moves_within_a_claim(watched: Project, mode: str) -> None:
    watched.claim(WAITING)
    screen = Screen([sys.executable, "-m", "pytest", *MODES[mode], "claims"], watched.path)
    assert screen.until("/1000000, A"), screen.text
    (watched.path / "seen").touch()
    assert screen.status() == 0, screen.text
    assert "1 passed" in screen.text
    assert list((watched.path / "tmp").glob("iclgd-progress-*")) == []


ONE = """
@stated("A")
@pytest.mark.parametrize("size", range(20))
def test_one(judge, size):
    judge(found())
"""


def test_a_log_has_a_line_a_tenth_and_the_time_left(
    watched: Project, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.progress.LONG", math.inf)  # no claim runs long, however slow the machine is
    watched.claim(ONE)
    result = watched.run("claims", mode=mode)
    assert result.ret == 0
    lines = [line for line in result.outlines if line.startswith("claims ━") or "/20 " in line]
    assert len(lines) == 10
    assert all(" left at this pace; A [size=" in line for line in lines[:-1])
    assert " left " not in lines[-1]
    no_traceback(result)


def test_a_run_without_claims_says_nothing_and_writes_nothing(
    watched: Project, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(watched.path))
    watched.pytester.makepyfile("def test_plain(): pass")
    result = watched.run(mode=mode)
    assert result.ret == 0
    assert "━" not in result.stdout.str()
    assert " left" not in result.stdout.str()
    assert list(watched.path.glob("iclgd-progress-*")) == []


def test_where_nothing_can_be_written_the_run_goes_on(watched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> str:
        raise OSError("no space")

    monkeypatch.setattr("fixtures.progress.tempfile.mkdtemp", refused)
    watched.claim(ONE)
    result = watched.run("claims", mode="n2")
    assert result.ret == 0
    no_traceback(result)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the workers."""
    made = Clock()
    monkeypatch.setattr("fixtures.progress.time", made)
    return made


def test_a_worker_writes_at_most_once_a_second_and_sooner_of_another_thing(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "1.json"

    def written() -> tuple[str, int, int, float]:
        found = Running(**json.loads(path.read_text()))
        return found.what, found.done, found.total, found.began

    clock.now = 5.0
    teller = Teller(path, Running("a", "A", since=5.0))
    assert written() == ("", 0, 0, 0.0)
    said = []
    for clock.now, what, done in (
        (5.05, "steps", 1), (5.2, "steps", 2), (5.3, "steps", 3), (6.1, "steps", 9), (6.3, "steps", 10),
        (6.4, "passes", 1), (6.45, "steps", 11), (7.5, "passes", 3), (9.0, "passes", 2),
    ):  # fmt: skip
        teller(what, done, 12)
        said.append(written())
    steps = ("steps", 2, 12, 5.2)
    assert said == [
        ("", 0, 0, 0.0), steps, steps, steps, ("steps", 10, 12, 5.2),
        ("passes", 1, 12, 6.4), ("passes", 1, 12, 6.4), ("passes", 3, 12, 6.4), ("passes", 2, 12, 9.0),
    ]  # fmt: skip
    teller.end()
    assert list(tmp_path.iterdir()) == []
    teller.end()


def test_a_worker_that_cannot_write_says_nothing(tmp_path: Path) -> None:
    teller = Teller(tmp_path / "gone" / "1.json", Running("a", "A", since=5.0))
    teller("steps", 1, 2)
    teller.end()
