"""The line that says how far the claims are: short, moving, never again and again in a log."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from iclgd_core.evidence.channel import EVIDENCE
from iclgd_core.evidence.progress import Running
from reports.progress import ClaimsProgress
from tests.reports.strategies import found, recorded

IDS = [f"claims/test_s.py::test_s[{i}]" for i in range(20)]


class Terminal:
    """What a progress bar asks of pytest's terminal."""

    def __init__(self, isatty: bool) -> None:
        self.isatty = isatty
        self.currentfspath: object = None
        self.lines: list[str] = []

    def rewrite(self, line: str, erase: bool) -> None:
        self.lines.append(line)

    def write_line(self, line: str) -> None:
        self.lines.append(line)

    def ensure_newline(self) -> None: ...
    def flush(self) -> None: ...


class Bar:
    """A bar over IDS on a made-up terminal, with whatever runs."""

    def __init__(self, isatty: bool) -> None:
        self.terminal, self.running = Terminal(isatty), list[Running]()
        config: Any = SimpleNamespace(
            pluginmanager=SimpleNamespace(get_plugin=lambda _: self.terminal),
            hook=SimpleNamespace(pytest_iclgd_running=lambda config: self.running),
        )
        self.progress = ClaimsProgress(config)
        self.progress.pytest_iclgd_collected(IDS)

    def finish(self, i: int, seconds: float = 1.0) -> None:
        wire = replace(recorded(i, found()), seconds=seconds).to_wire()
        report: Any = SimpleNamespace(nodeid=IDS[i], when="teardown", user_properties=[(EVIDENCE, wire)])
        self.progress.pytest_runtest_logreport(report)


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("reports.progress.time.time", lambda: 1000.0)
    monkeypatch.setattr("reports.progress.Ticker", lambda lines, stdout, seconds: SimpleNamespace(lines=lines))


def at(i: int, since: float, what: str = "steps of GD", done: int = 3, total: int = 12) -> Running:
    return Running(IDS[i], f"S1 [size={i}]", since, what, done, total, since)


@pytest.mark.parametrize("isatty", [False, True])
def test_claims_alone_are_counted(isatty: bool) -> None:
    bar = Bar(isatty)
    bar.finish(0)
    bar.finish(1)
    assert "2/20" in bar.terminal.lines[-1]
    assert "left at this pace" in bar.terminal.lines[-1]


def test_on_a_terminal_the_line_moves_within_a_claim() -> None:
    bar = Bar(True)
    bar.running = [at(3, since=700.0), at(4, since=990.0)]
    (first,) = bar.progress.tick(1000.0)
    assert "steps of GD 3/12, S1 [size=3] for 5 min (+1)" in first
    bar.running = [at(3, since=700.0, done=4)]
    (second,) = bar.progress.tick(1001.0)
    assert "steps of GD 4/12, S1 [size=3] for 5 min" in second
    assert "(+" not in second


def test_the_time_left_is_that_of_the_finished_ones() -> None:
    bar = Bar(True)
    bar.progress.pytest_xdist_setupnodes(["gw0", "gw1"])
    bar.finish(0, 40.0)
    bar.finish(1, 20.0)
    assert "2/20" in bar.terminal.lines[-1]
    assert " 5 min left at this pace; S1 [size=1]" in bar.terminal.lines[-1], "18 tests of 30 s on 2 workers"


def test_what_is_over_runs_no_more_whatever_its_worker_says() -> None:
    bar = Bar(True)
    bar.running = [at(3, since=700.0)]
    crashed: Any = SimpleNamespace(nodeid=IDS[3], when="???", user_properties=[])
    bar.progress.pytest_runtest_logreport(crashed)
    assert "S1 [size=3]" not in bar.progress.tick(1000.0)[0]


def test_a_log_has_a_line_a_tenth() -> None:
    bar = Bar(False)
    for i in range(20):
        bar.finish(i)
    assert [line.split("/20")[0].split()[-1] for line in bar.terminal.lines] == [str(n) for n in range(2, 21, 2)]


def test_a_log_says_what_a_long_claim_is_at_after_1_2_4_minutes() -> None:
    bar = Bar(False)
    bar.running = [at(3, since=0.0)]
    said = [now for now in range(0, 1000, 10) if bar.progress.tick(float(now))]
    assert said == [60, 120, 240, 480, 960]


def test_a_log_that_was_not_looked_at_for_long_says_it_once() -> None:
    bar = Bar(False)
    bar.running = [at(3, since=0.0), at(4, since=0.0, what="")]
    lines = bar.progress.tick(300.0)
    assert len(lines) == 2
    assert "steps of GD 3/12, S1 [size=3] for" in lines[0]
    assert "S1 [size=4] for" in lines[1]
    assert bar.progress.tick(310.0) == []


def test_a_log_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    bar = Bar(False)
    bar.running = [at(3, since=0.0)]
    assert "S1 [size=3] for 17 min" in bar.progress.tick(1000.0)[0]


def test_a_line_of_a_log_begins_where_a_line_begins() -> None:
    bar = Bar(False)
    bar.running = [at(3, since=0.0)]
    bar.terminal.currentfspath = "claims/test_s.py"
    assert bar.progress.tick(61.0)[0] == ""
    assert bar.terminal.currentfspath is None


def test_nothing_is_shown_when_all_is_done() -> None:
    bar = Bar(True)
    for i in range(20):
        bar.finish(i)
    bar.running = [at(3, since=0.0)]
    assert bar.progress.tick(1000.0) == []
    assert "left" not in bar.terminal.lines[-1]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_line_fits(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    bar = Bar(True)
    bar.finish(0)
    bar.running = [at(3, since=0.0)]
    (line,) = bar.progress.tick(1000.0)
    assert len(line) < columns
    assert "1/20" in line
    assert columns < 80 or "steps of GD 3/12" in line


def test_text_from_outside_is_shown_as_text() -> None:
    bar = Bar(True)
    bar.running = [Running(IDS[0], "S1 [x=\x1b[31m\n\u202e[bold]]", 0.0)]
    (line,) = bar.progress.tick(1000.0)
    assert line.isprintable()
    assert "[bold]]" in line


def test_a_run_without_claims_starts_no_thread() -> None:
    bar = Bar(True)
    plain: Any = SimpleNamespace(nodeid="tests/test_a.py::test_a", when="setup", user_properties=[])
    bar.progress.pytest_runtest_logreport(plain)
    assert bar.progress._ticker is None
    assert bar.terminal.lines == []
